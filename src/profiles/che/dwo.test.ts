import { describe, expect, it } from 'vitest';
import { folderUpstream, MINI_UPSTREAM, overlay } from '../../../test/support/upstream.ts';
import { judgePair } from './compatibility.ts';
import { chooseDwo } from './dwo.ts';

const CHECTL = 'che-incubator/chectl/7.121.x/package.json';
const choose = (che: string, wish: string, files: Readonly<Record<string, string>> = {}, force = false) =>
  chooseDwo(
    che,
    { devworkspaceOperator: wish, force },
    overlay(folderUpstream(MINI_UPSTREAM), { files, without: /chectl/ }),
    {},
  );

describe('the DevWorkspace Operator that belongs to a Che', () => {
  it.each<[string, string, string | undefined, string]>([
    [
      'operatorRepositories',
      '7.121.0',
      '{"operatorRepositories":[{"name":"eclipse-che-operator","ref":"7.121.0"},{"name":"devworkspace-operator","ref":"v0.44.1"}]}',
      '0.44.1',
    ],
    [
      'a dependency on a git tag',
      '7.121.0',
      '{"dependencies":{"devworkspace-operator":"https://git.example/devworkspace-operator#v0.44.2"}}',
      '0.44.2',
    ],
    [
      'a branch in place of a release, which says nothing',
      '7.121.0',
      '{"operatorRepositories":[{"name":"devworkspace-operator","ref":"main"}]}',
      '0.43.0',
    ],
    ['a file that names none', '7.121.0', '{"operatorRepositories":{}}', '0.43.0'],
    ['the table, first row', '7.62.0', undefined, '0.19.1'],
    ['the table, between rows', '7.103.0', undefined, '0.33.0'],
    ['the table, a later patch', '7.117.3', undefined, '0.40.1'],
  ])('by %s', async (_what, che, file, expected) => {
    const found = await choose(che, 'auto', file === undefined ? {} : { [CHECTL]: file });
    expect(found.version).toBe(expected);
  });

  it.each([
    ['7.122.0', 'auto', 'VERSION_UNKNOWN', /is not known/],
    ['7.61.0', 'auto', 'VERSION_UNKNOWN', /is not known/],
    ['8.0.0', 'auto', 'VERSION_UNKNOWN', /is not known/],
    ['7.121.0', 'main', 'VERSION_UNKNOWN', /is not a version/],
    [
      '7.121.0',
      '0.41.0',
      'VERSION_INCOMPATIBLE',
      /newer DevWorkspace Operator than 0\.41\.0; .* with 0\.43\.0/,
    ],
    ['7.121.0', '1.0.0', 'VERSION_INCOMPATIBLE', /another major version/],
  ])('%s with %s is refused', async (che, wish, code, message) => {
    await expect(choose(che, wish)).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });

  it('refuses a file that is not JSON, naming it', async () => {
    await expect(choose('7.121.0', 'auto', { [CHECTL]: '<html>' })).rejects.toMatchObject({
      code: 'UPSTREAM_FAILED',
      subject: expect.stringMatching(/chectl\/7\.121\.x\/package\.json$/),
    });
  });

  it('with force goes on over a pair that does not fit and says what it overrides', async () => {
    const { version, notes } = await choose('7.121.0', 'v0.38.0', {}, true);
    expect(version).toBe('0.38.0');
    expect(notes).toEqual([
      expect.stringMatching(/^--force overrides: Eclipse Che 7\.121\.0 is compiled against/),
      expect.stringContaining('cannot back workspaces up'),
    ]);
  });
});

describe('versions together', () => {
  it.each<[string, string, string | undefined, number, RegExp[]]>([
    ['7.121.0', '0.43.0', '0.43.0', 0, []],
    ['7.121.0', '0.42.0', '0.43.0', 0, [/is older, has the API it needs/]],
    ['7.121.0', '0.44.0', '0.43.0', 0, [/is newer and was not tried/]],
    ['7.114.0', '0.38.0', '0.39.0', 1, [/cannot back workspaces up/]],
    ['7.86.0', '0.27.0', '0.27.0', 0, [/refuse to apply them a second time/]],
    ['7.86.0', '0.25.0', '0.27.0', 0, [/is older/, /second time/]],
    ['7.86.0', '0.24.0', '0.27.0', 1, [/second time/]],
    ['7.130.0', '0.49.0', '0.50.0', 0, [/is older/]],
    ['7.130.0', '0.48.0', '0.50.0', 1, []],
    ['7.130.0', '0.48.0', undefined, 0, []],
  ])('Che %s, DevWorkspace Operator %s (released with %s)', (che, dwo, released, refusals, notes) => {
    const judged = judgePair({ che, dwo, released });
    expect(judged.refusals).toHaveLength(refusals);
    expect(judged.notes).toEqual(notes.map((note) => expect.stringMatching(note)));
  });
});
