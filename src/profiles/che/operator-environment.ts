import { normalizeReference, tryParseReference } from '../../oci/index.ts';
import { documentsWith, environmentOf } from './yaml-tree.ts';

/** What the operator's own environment says about images. */
export interface OperatorEnvironment {
  /** Normalised reference → names of the variables that hold it. */
  readonly images: ReadonlyMap<string, readonly string[]>;
  /** `che-code/latest`: the editor of workspaces that name none. */
  readonly defaultEditor: string;
}

/** Before 7.64 the operator's default for it stood in the schema of CheCluster alone, with this value. Source: che-operator 7.62.0, api/v2/checluster_types.go. */
const FIRST_DEFAULT_EDITOR = 'che-incubator/che-code/latest';

/** Reads the environment of the operator's Deployment. Throws `YAML_INVALID`. */
export function readOperatorEnvironment(file: {
  readonly path: string;
  readonly bytes: Buffer;
}): OperatorEnvironment {
  const images = new Map<string, string[]>();
  let defaultEditor = FIRST_DEFAULT_EDITOR;
  for (const { name, value } of documentsWith(file, 'RELATED_IMAGE_').flatMap(environmentOf)) {
    if (name === 'CHE_DEFAULT_SPEC_DEVENVIRONMENTS_DEFAULTEDITOR' && value !== '') defaultEditor = value;
    if (!name.startsWith('RELATED_IMAGE_')) continue;
    const parsed = tryParseReference(value);
    if ('reason' in parsed) continue;
    const reference = normalizeReference(parsed);
    images.set(reference, [...(images.get(reference) ?? []), name]);
  }
  return { images, defaultEditor: editorOf(defaultEditor) ?? defaultEditor };
}

/** `name/version` of `publisher/name/version`; undefined for the address of a definition of the user's own. */
export function editorOf(id: string): string | undefined {
  return /^(?:[^/:]+\/)?([^/:]+\/[^/:]+)$/.exec(id)?.[1];
}
