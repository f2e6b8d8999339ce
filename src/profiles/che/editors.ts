import { cutDocuments, openSource, parseDocument, type YamlNode } from '../../yaml/index.ts';
import type { ProfileInput, UpstreamReader } from '../types.ts';

/**
 * File names of the editor definitions, all releases together; a release has some of them. For upstreams that cannot list a folder.
 * Source: eclipse-che/che-operator 7.117.0 and 7.121.0, editors-definitions, read on 2026-11-23.
 */
const JETBRAINS = [
  'clion',
  'goland',
  'idea',
  'phpstorm',
  'pycharm',
  'rider',
  'rubymine',
  'webstorm',
] as const;
const KNOWN_FILES: readonly string[] = [
  'che-chemuxer-next.yaml',
  'che-code-insiders.yaml',
  'che-code-latest.yaml',
  'che-code-server-latest.yaml',
  'che-code-server-next.yaml',
  'che-code-sshd-insiders.yaml',
  'che-code-sshd-next.yaml',
  'che-herdr-latest.yaml',
  'che-web-terminal-latest.yaml',
  'jetbrains-sshd-next.yaml',
  ...JETBRAINS.flatMap((name) => [`che-${name}-server-latest.yaml`, `che-${name}-server-next.yaml`]),
];

/** The default editor of CheCluster, `spec.devEnvironments.defaultEditor`. Source: CHE_DEFAULT_SPEC_DEVENVIRONMENTS_DEFAULTEDITOR. */
export const DEFAULT_EDITOR = 'che-code/latest';

/** Reads the editor definitions of a release; older ones have none in the repository. */
export async function readEditors(
  upstream: UpstreamReader,
  version: string,
  call: { readonly signal?: AbortSignal },
): Promise<ProfileInput[]> {
  const folder = `eclipse-che/che-operator/${version}/editors-definitions`;
  const listed = await upstream.list(folder);
  const names =
    listed === undefined ? [...KNOWN_FILES].sort() : listed.filter((name) => name.endsWith('.yaml'));
  const read = await Promise.all(
    names.map(async (name): Promise<ProfileInput[]> => {
      const path = `${folder}/${name}`;
      const bytes = await upstream.read(path, call);
      return bytes === undefined ? [] : [{ role: 'editor-definition', path, bytes }];
    }),
  );
  return read.flat();
}

/** Which editors (`name/version`) use a reference: reference → editors, sorted. */
export function editorsByImage(inputs: readonly ProfileInput[]): Map<string, string[]> {
  const found = new Map<string, Set<string>>();
  for (const input of inputs) {
    if (input.role !== 'editor-definition') continue;
    const source = openSource(input);
    for (const document of cutDocuments(source)) {
      const root = parseDocument(source, document);
      const editor = `${text(root, 'metadata', 'name') ?? ''}/${text(root, 'metadata', 'attributes', 'version') ?? ''}`;
      const components = at(root, 'components');
      for (const component of components?.type === 'seq' ? components.items : []) {
        const image = text(component, 'container', 'image');
        if (image === undefined) continue;
        const editors = found.get(image) ?? new Set();
        editors.add(editor);
        found.set(image, editors);
      }
    }
  }
  return new Map([...found].map(([image, editors]) => [image, [...editors].sort()]));
}

function at(node: YamlNode | undefined, ...path: readonly string[]): YamlNode | undefined {
  let here = node;
  for (const key of path)
    here = here?.type === 'map' ? here.entries.find((entry) => entry.key === key)?.value : undefined;
  return here;
}

function text(node: YamlNode | undefined, ...path: readonly string[]): string | undefined {
  const found = at(node, ...path);
  return found?.type === 'scalar' ? found.value : undefined;
}
