import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { digestOf } from '../oci/index.ts';
import type { Brought, Remembered } from '../transfer/index.ts';
import { openCopyMemory } from './copy-memory.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'sallyport-copies-'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const digest = digestOf(Buffer.from('image'));
const place = { toRegistry: 'registry.corp.example:5000', toRepository: 'che/a' };
const open = () => openCopyMemory({ env: {}, homeDir: home });
/** The whole where no platform was asked for. */
const brought = (platforms: readonly string[], more: Partial<Brought> = {}): Brought => ({
  ...place,
  digest,
  whole: platforms.length === 0,
  platforms,
  referrers: true,
  anew: false,
  ...more,
});
const file = () => join(home, '.local', 'state', 'sallyport', 'copies.json');

describe('what was brought to targets', () => {
  it.each<[string, readonly Brought[], Remembered | undefined]>([
    ['is not known before', [], undefined],
    ['is the whole', [brought([])], { whole: true, platforms: [], referrers: true }],
    ['is a part', [brought(['linux/amd64'])], { whole: false, platforms: ['linux/amd64'], referrers: true }],
    [
      'grows with what is there',
      [brought(['linux/arm64']), brought(['linux/amd64'], { referrers: false })],
      { whole: false, platforms: ['linux/amd64', 'linux/arm64'], referrers: true },
    ],
    [
      'stays the whole',
      [brought([]), brought(['linux/amd64'])],
      { whole: true, platforms: ['linux/amd64'], referrers: true },
    ],
    [
      'begins anew with an image that was written again',
      [brought([]), brought(['linux/amd64'], { anew: true, referrers: false })],
      { whole: false, platforms: ['linux/amd64'], referrers: false },
    ],
    [
      'keeps what the repository did not list',
      [brought([], { dropped: [digest] }), brought([])],
      { whole: true, platforms: [], referrers: true, dropped: [digest] },
    ],
    [
      'forgets that once the repository lists all of it',
      [brought([], { dropped: [digest] }), brought([], { dropped: [] })],
      { whole: true, platforms: [], referrers: true },
    ],
    [
      'takes what a run found last',
      [brought([]), brought([], { dropped: [digest] })],
      { whole: true, platforms: [], referrers: true, dropped: [digest] },
    ],
  ])('%s', (_what, runs, expected) => {
    for (const run of runs) open().keep([run]);
    expect(open().recall(place, digest)).toEqual(expected);
  });

  it('is kept for each registry, repository and digest', () => {
    open().keep([brought([])]);
    expect(open().recall({ ...place, toRepository: 'che/b' }, digest)).toBeUndefined();
    expect(open().recall({ ...place, toRegistry: 'registry.corp.example' }, digest)).toBeUndefined();
    expect(open().recall(place, digestOf(Buffer.from('other')))).toBeUndefined();
  });

  it('names what a tag stood for last, of what was brought by tag', () => {
    const other = digestOf(Buffer.from('other'));
    open().keep([brought([], { tag: 'v1' }), brought([], { toRepository: 'che/b' })]);
    expect(open().lastOf(place, 'v1')).toBe(digest);
    expect(open().lastOf(place, 'v2')).toBeUndefined();
    expect(open().lastOf({ ...place, toRepository: 'che/b' }, 'v1')).toBeUndefined();
    open().keep([brought([], { tag: 'v1', digest: other })]);
    expect(open().lastOf(place, 'v1')).toBe(other);
    open().keep([brought([], { tag: 'v1' })]); // back, with nothing new about the image itself
    expect(open().lastOf(place, 'v1')).toBe(digest);
  });

  it('is joined with what another run wrote meanwhile', () => {
    const [one, two] = [open(), open()];
    one.recall(place, digest);
    two.recall(place, digest);
    one.keep([brought([])]);
    two.keep([brought([], { toRepository: 'che/b' })]);
    expect(open().recall(place, digest)).toBeDefined();
    expect(open().recall({ ...place, toRepository: 'che/b' }, digest)).toBeDefined();
  });

  it('is written only when there is something new', () => {
    open().keep([brought([])]);
    const written = readFileSync(file(), 'utf8');
    writeFileSync(file(), written.trimEnd());
    open().keep([brought([])]);
    expect(readFileSync(file(), 'utf8')).toBe(written.trimEnd());
  });

  it.each([
    '',
    'no json',
    '[]',
    '{"format":2,"images":{}}',
    `{"format":1,"images":{"registry.corp.example:5000/che/a@${digest}":{"platforms":7}}}`,
    '{"format":1,"images":7,"tags":{"registry.corp.example:5000/che/a:v1":"sha256:short"}}',
  ])('is not known after damage: %s', (text) => {
    open().keep([brought([], { tag: 'v1' })]);
    writeFileSync(file(), text);
    expect(open().recall(place, digest)).toBeUndefined();
    expect(open().lastOf(place, 'v1')).toBeUndefined();
    open().keep([brought([])]);
    expect(open().recall(place, digest)).toBeDefined();
  });

  it('costs nothing where it cannot be kept', () => {
    mkdirSync(join(home, '.local', 'state'), { recursive: true });
    writeFileSync(join(home, '.local', 'state', 'sallyport'), 'a file');
    open().keep([brought([])]);
    expect(open().recall(place, digest)).toBeUndefined();
  });
});
