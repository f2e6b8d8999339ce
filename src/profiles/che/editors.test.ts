import { describe, expect, it } from 'vitest';
import {
  folderUpstream,
  hasRealUpstream,
  MINI_UPSTREAM,
  type OverlayOptions,
  overlay,
  REAL_UPSTREAM,
} from '../../../test/support/upstream.ts';
import { editorsByImage, readEditors } from './editors.ts';

const FOLDER = 'eclipse-che/che-operator/7.999.0/editors-definitions';
const CSV =
  'eclipse-che/che-operator/7.999.0/bundle/stable/eclipse-che/manifests/che-operator.clusterserviceversion.yaml';
const MINI = ['che-code-insiders.yaml', 'che-code-latest.yaml', 'che-idea-server-next.yaml'];

const csvWith = (...variables: readonly (readonly [string, string])[]) =>
  `kind: ClusterServiceVersion\nspec:\n  env:\n${variables
    .map(([name, image]) => `  - name: RELATED_IMAGE_editor_definition_${name}\n    value: ${image}\n`)
    .join('')}`;
const definition = (name: string, version: string, component: string, image: string) =>
  `metadata: {name: ${name}, attributes: {version: ${version}}}\ncomponents:\n- name: ${component}\n  container: {image: ${image}}\n`;

async function read(options: OverlayOptions, version = '7.999.0') {
  const upstream = overlay(folderUpstream(MINI_UPSTREAM), options);
  const editors = await readEditors(upstream, version, {});
  return {
    ...editors,
    upstream,
    names: editors.inputs.map(({ path }) => path.slice(path.lastIndexOf('/') + 1)),
  };
}

describe('editor definitions', () => {
  it.each([
    ['as the folder lists them', {}],
    ['by known names, where folders cannot be listed', { unlisted: true }],
    ['by known names alone', { unlisted: true, without: /clusterserviceversion/ }],
  ])('are found %s', async (_what, options) => {
    expect((await read(options)).names).toEqual(MINI);
  });

  it('that came after this program are found by what the ClusterServiceVersion says', async () => {
    const { names, notes, upstream } = await read({
      unlisted: true,
      files: {
        [CSV]: csvWith(
          ['che_code_latest_che_code_injector', 'quay.io/x/a:1'],
          ['new_shell_preview_shell_injector', 'quay.io/x/shell@sha256:'.padEnd(87, 'a')],
        ),
        [`${FOLDER}/new-shell-preview.yaml`]: definition(
          'new-shell',
          'preview',
          'shell.injector',
          'quay.io/x/shell:1',
        ),
      },
    });
    expect(names).toEqual([...MINI, 'new-shell-preview.yaml']);
    expect(notes).toEqual([]);
    expect(
      upstream.asked.filter((path) => path.includes('new-shell')).map((path) => path.slice(FOLDER.length)),
    ).toEqual(['/new-shell-preview-shell.yaml', '/new-shell-preview.yaml', '/new-shell.yaml']);
  });

  it('that are nowhere leave their images, and it is said', async () => {
    const editors = await read({
      unlisted: true,
      files: { [CSV]: csvWith(['lost_editor_next_part', 'quay.io/x/lost:1'], ['odd', 'not an image']) },
    });
    expect([...editors.undefinedImages]).toEqual([
      ['RELATED_IMAGE_editor_definition_lost_editor_next_part', 'quay.io/x/lost:1'],
    ]);
    expect(editors.notes).toEqual([expect.stringContaining('lost_editor_next_part')]);
    expect(editorsByImage(editors, new Map()).get('quay.io/x/lost:1')).toEqual(['lost_editor_next_part']);
  });

  it('newer than the known names, with nothing to check them by, are said to be left out', async () => {
    const { notes } = await read({ unlisted: true, without: /clusterserviceversion/ });
    expect(notes).toEqual([expect.stringContaining('editors that came later are left out')]);
  });

  it('are needed: a release without any is refused, naming the folder', async () => {
    await expect(
      read({ without: /editors-definitions|clusterserviceversion/, unlisted: true }),
    ).rejects.toMatchObject({
      code: 'UPSTREAM_NOT_FOUND',
      subject: expect.stringMatching(/7\.999\.0\/editors-definitions$/),
    });
  });

  it('did not exist before 7.87, so nothing is asked for', async () => {
    const { names, upstream } = await read({ unlisted: true }, '7.86.0');
    expect(names).toEqual([]);
    expect(upstream.asked).toEqual([]);
  });

  it.skipIf(!hasRealUpstream).each(['7.117.0', '7.121.0'])(
    'of %s are the same by folder and by name',
    async (version) => {
      const real = folderUpstream(REAL_UPSTREAM);
      const byFolder = await readEditors(real, version, {});
      const byName = await readEditors(overlay(real, { unlisted: true }), version, {});
      expect(byName.inputs.map(({ path }) => path)).toEqual(byFolder.inputs.map(({ path }) => path));
      expect(byName.notes).toEqual([]);
    },
  );
});

describe('editors by image', () => {
  it('joins definitions and the variables of the operator', async () => {
    const editors = await read({});
    const digest = `quay.io/che-incubator/che-code@sha256:${'5'.repeat(64)}`;
    const byImage = editorsByImage(
      editors,
      new Map([
        [digest, ['RELATED_IMAGE_editor_definition_che_code_latest_che_code_injector', 'RELATED_IMAGE_x']],
      ]),
    );
    expect(byImage.get(digest)).toEqual(['che-code/latest']);
    expect(byImage.get('quay.io/che-incubator/che-code:insiders')).toEqual(['che-code/insiders']);
    expect(byImage.get('quay.io/devfile/universal-developer-image:latest')).toEqual([
      'che-code/insiders',
      'che-code/latest',
      'che-idea-server/next',
    ]);
  });
});
