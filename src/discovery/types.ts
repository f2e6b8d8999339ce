import type { Reference } from '../oci/index.ts';

/** How a use was found; each discovery rule states one. */
export type How =
  | 'field'
  | 'split'
  | 'env'
  | 'arg'
  | 'list'
  | 'embedded'
  | 'csv'
  | 'crd-default'
  | 'shape'
  | 'profile';

/** certain: the position says so; likely: a convention says so; possible: only the shape of the text says so. */
export type Confidence = 'certain' | 'likely' | 'possible';

/** A place in a set of files that something was found at, and why. Offsets are bytes in the original file. */
interface Found {
  /** Path as given by the user, `-` for standard input. */
  readonly file: string;
  /** 0-based index of the YAML document in the file; items of a List keep the document of the List. */
  readonly document: number;
  /** Kind and name of the object; empty when it has none (devfiles, plain data). */
  readonly kind: string;
  readonly name: string;
  /** Where in the object: keys and indices, `spec.template.spec.containers[0].image`; `#` steps into embedded text. */
  readonly path: string;
  /** 1-based, of the first byte of the range; column in bytes. */
  readonly line: number;
  readonly column: number;
  /** The bytes that hold it, [start, end). */
  readonly range: readonly [start: number, end: number];
  /** One sentence for people. */
  readonly reason: string;
}

/** One place that names an image. For split fields the range is that of the repository part. */
export interface ImageUse extends Found {
  /** The reference exactly as written (for split fields: put together). */
  readonly reference: string;
  readonly parsed: Reference;
  readonly namespace?: string;
  /** All the pieces of a split reference, the repository's included, in file order. Absent when one range holds it all. */
  readonly parts?: readonly ReferencePart[];
  readonly how: How;
  readonly confidence: Confidence;
}

/** A piece of a reference that is spread over several keys. */
export interface ReferencePart {
  /** `repository` may hold the host too; `path` is a middle piece (an organisation); `name` the last segment. */
  readonly part: 'registry' | 'path' | 'repository' | 'name' | 'tag' | 'digest' | 'version';
  readonly value: string;
  readonly range: readonly [start: number, end: number];
}

/** Something that names an image but cannot be known from the text; said, never guessed. */
export interface Unresolved extends Found {
  readonly text: string;
  readonly why:
    | 'shell-template'
    | 'kubernetes-expansion'
    | 'helm-template'
    | 'invalid-reference'
    | 'missing-tag'
    | 'missing-name'
    | 'missing-registry';
}

/** A URL of another host that something in these manifests will ask at run time. */
export interface Egress extends Found {
  readonly url: string;
  readonly host: string;
}

/** What discovery found in a set of files, in file and byte order. */
export interface Discovery {
  readonly uses: readonly ImageUse[];
  readonly unresolved: readonly Unresolved[];
  readonly egress: readonly Egress[];
}

/** A file to look through: `bytes` exactly as read. */
export interface ManifestFile {
  readonly path: string;
  readonly bytes: Buffer;
}
