import { SallyportError } from '../../base/index.ts';
import { normalizeReference, tryParseReference } from '../../oci/index.ts';
import type { ProfileImage, ProfileInput, UpstreamReader } from '../types.ts';
import { knownEditorFiles, LAST_COMPARED_MINOR } from './editor-files.ts';
import { registryUse } from './registry-images.ts';
import { at, documentsWith, environmentOf, text } from './yaml-tree.ts';

/** An image of an editor definition, with the variable of the operator that replaces it. */
interface EditorImage {
  /** `che-code/latest`. */
  readonly editor: string;
  /** Normalised. */
  readonly reference: string;
  readonly variable: string;
}

const VARIABLE = 'RELATED_IMAGE_editor_definition_';

export interface EditorDefinitions {
  readonly inputs: readonly ProfileInput[];
  /** Variable → normalised reference of editors whose definitions are not to be found. */
  readonly undefinedImages: ReadonlyMap<string, string>;
  readonly notes: readonly string[];
}

/**
 * The editor definitions of a release; before 7.87 there were none. Where upstream lists folders, what the folder holds; elsewhere the files
 * known by name, checked against the operator's ClusterServiceVersion, whose variables name every image of every definition of the release.
 * Throws `UPSTREAM_NOT_FOUND` when there is neither, because the default editor is among them, `UPSTREAM_FAILED` and `YAML_INVALID`.
 */
export async function readEditors(
  upstream: UpstreamReader,
  version: string,
  call: { readonly signal?: AbortSignal },
): Promise<EditorDefinitions> {
  const folder = `eclipse-che/che-operator/${version}/editors-definitions`;
  const readFiles = async (names: readonly string[]): Promise<ProfileInput[]> => {
    const read = await Promise.all(
      names.map(async (name): Promise<ProfileInput[]> => {
        const path = `${folder}/${name}`;
        const bytes = await upstream.read(path, call);
        return bytes === undefined ? [] : [{ role: 'editor-definition', path, bytes }];
      }),
    );
    return read.flat();
  };
  const names = knownEditorFiles(Number(version.split('.')[1]));
  const listed = (await upstream.list(folder))?.filter((name) => name.endsWith('.yaml')) ?? [];
  if (listed.length > 0) return complete(await readFiles(listed));
  if (names.length === 0) return complete([]);
  const csvPath = `eclipse-che/che-operator/${version}/bundle/stable/eclipse-che/manifests/che-operator.clusterserviceversion.yaml`;
  const [known, csv] = await Promise.all([readFiles(names), upstream.read(csvPath, call)]);
  if (known.length === 0 && csv === undefined) {
    throw new SallyportError(
      'UPSTREAM_NOT_FOUND',
      `there are no editor definitions of Eclipse Che ${version}`,
      {
        subject: upstream.locate(folder),
        hint: 'Workspaces start with an editor from there; give the files of editors-definitions with --upstream DIR in the same layout.',
      },
    );
  }
  if (csv === undefined) {
    const minor = Number(version.split('.')[1]);
    const note = `the files of editor definitions are known up to Che 7.${LAST_COMPARED_MINOR}, and ${upstream.locate(csvPath)}, which would name newer ones, is not there: editors that came later are left out`;
    return { ...complete(known), notes: minor > LAST_COMPARED_MINOR ? [note] : [] };
  }
  const named = editorVariables({ path: csvPath, bytes: csv });
  const guessed = await readFiles(guessFiles(unexplained(named, known), names));
  const inputs = [...known, ...guessed].sort((a, b) => (a.path < b.path ? -1 : 1));
  const missing = unexplained(named, inputs);
  return {
    inputs,
    undefinedImages: missing,
    notes:
      missing.size === 0
        ? []
        : [
            `the definitions of these editor images are not in ${upstream.locate(folder)} under a name that could be guessed; the images are moved, but the operator is not told to use them: ${[...missing.keys()].join(', ')}`,
          ],
  };
}

function complete(inputs: readonly ProfileInput[]): EditorDefinitions {
  return { inputs, undefinedImages: new Map(), notes: [] };
}

/** Those images as images that no input names. */
export function undefinedEditorImages({ undefinedImages }: EditorDefinitions): ProfileImage[] {
  return [...undefinedImages].map(([variable, reference]) => ({
    reference,
    reason: `an editor whose definition is not to be found (${variable})`,
    source: 'eclipse-che/che-operator, ClusterServiceVersion of the release',
  }));
}

/** Variable → reference, as the ClusterServiceVersion has them. */
function editorVariables(csv: { readonly path: string; readonly bytes: Buffer }): Map<string, string> {
  const variables = documentsWith(csv, VARIABLE).flatMap(environmentOf);
  return new Map(
    variables.flatMap(({ name, value }): [string, string][] => {
      const parsed = tryParseReference(value);
      return name.startsWith(VARIABLE) && !('reason' in parsed) ? [[name, normalizeReference(parsed)]] : [];
    }),
  );
}

/** The variables that no definition accounts for. */
function unexplained(
  named: ReadonlyMap<string, string>,
  definitions: readonly ProfileInput[],
): Map<string, string> {
  const explained = new Set(definitions.flatMap(editorImages).map(({ variable }) => variable));
  return new Map([...named].filter(([variable]) => !explained.has(variable)));
}

/** A variable is name, version and component in one, and a file is called after the first two: every cut gives a file to ask for. */
function guessFiles(named: ReadonlyMap<string, string>, asked: readonly string[]): string[] {
  const guesses = [...named.keys()].flatMap((variable) => {
    const words = variable.slice(VARIABLE.length).split('_');
    return words.slice(2).map((_, index) => `${words.slice(0, index + 2).join('-')}.yaml`);
  });
  return [...new Set(guesses)].filter((name) => !asked.includes(name)).sort();
}

/** Which editors (`name/version`) use an image: normalised reference → editors, sorted. */
export function editorsByImage(
  { inputs, undefinedImages }: EditorDefinitions,
  variables: ReadonlyMap<string, readonly string[]>,
): Map<string, string[]> {
  const defined = inputs.flatMap(editorImages);
  const nameless = [...undefinedImages].map(([variable, reference]) => ({
    reference,
    editor: variable.slice(VARIABLE.length),
  }));
  const byVariable = new Map(defined.map(({ variable, editor }) => [variable, editor]));
  const inOperator = [...variables].flatMap(([reference, names]) =>
    names.flatMap((name) => {
      const use = registryUse(name);
      const editor = use?.kind === 'editor' ? use.editor : byVariable.get(name);
      return editor === undefined ? [] : [{ reference, editor }];
    }),
  );
  const found = new Map<string, Set<string>>();
  for (const { reference, editor } of [...defined, ...inOperator, ...nameless])
    found.set(reference, (found.get(reference) ?? new Set()).add(editor));
  return new Map([...found].map(([image, editors]) => [image, [...editors].sort()]));
}

/**
 * The images of a definition. The operator reads `RELATED_IMAGE_editor_definition_<name>_<version>_<component>` with every run of other
 * characters as one `_`. Source: che-operator 7.121.0, pkg/deploy/editors-definitions/editors_definitions.go.
 */
function editorImages(definition: ProfileInput): EditorImage[] {
  return documentsWith(definition, 'image').flatMap((root) => {
    const name = text(root, 'metadata', 'name') ?? '';
    const version = text(root, 'metadata', 'attributes', 'version') ?? '';
    const components = at(root, 'components');
    return (components?.type === 'seq' ? components.items : []).flatMap((component) => {
      const image = tryParseReference(text(component, 'container', 'image') ?? '');
      if ('reason' in image) return [];
      const words = [name, version, text(component, 'name') ?? ''].join('_').replace(/[^a-zA-Z0-9]+/g, '_');
      return [
        {
          editor: `${name}/${version}`,
          reference: normalizeReference(image),
          variable: `${VARIABLE}${words}`,
        },
      ];
    });
  });
}
