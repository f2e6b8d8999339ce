import type { Discovery, ImageUse, ManifestFile } from '../discovery/index.ts';

/** A file of the output folder: `path` relative with forward slashes. */
export interface OutputFile {
  readonly path: string;
  readonly bytes: Buffer;
  /** Written with mode 0600 when it holds credentials. */
  readonly secret?: boolean;
}

/** How each normalised reference is to be written; made from the lock. */
export interface ReferenceMap {
  /** The new text for a reference as found; undefined when the lock does not know it. */
  get(reference: string): NewReference | undefined;
}

export interface NewReference {
  readonly registry: string;
  readonly repository: string;
  readonly tag?: string;
  readonly digest?: string;
  /** As configured: `name:tag@digest`, `name@digest` or `name:tag`. */
  readonly text: string;
}

/** Input of rewriting: the file with what discovery found in it. */
export interface FoundFile {
  readonly file: ManifestFile;
  readonly uses: readonly ImageUse[];
}

/** Looks through one file as the inputs were looked through, same rules and confidence, and knows the target for a registry. */
export type Discover = (file: ManifestFile) => Discovery;

/** Something that could not be done as wanted, with the place and the reason; collected, never thrown one by one. */
export interface Finding {
  /** `error`: the output is not what was asked for. `note`: it is, and the user should know this. */
  readonly level: 'error' | 'note';
  /** File with line and column, or the object. */
  readonly subject: string;
  readonly message: string;
}
