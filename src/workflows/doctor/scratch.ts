import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import {
  type Descriptor,
  type Digest,
  digestOf,
  MEDIA_TYPES,
  type RawManifest,
  readManifest,
} from '../../oci/index.ts';
import type { RegistryRepository, RegistrySession } from '../../registry/index.ts';

/** Two repositories of a registry that exist for the length of an examination, and what was written there. */
export interface Scratch {
  readonly host: string;
  readonly names: readonly [string, string];
  readonly session: RegistrySession;
  repository(which: 0 | 1): RegistryRepository;
  /** The content that is written everywhere: random, so that nobody has it. */
  readonly bytes: Buffer;
  readonly blob: Descriptor;
  /** A manifest over the blob; `more` makes different ones. */
  manifest(more?: Readonly<Record<string, unknown>>): RawManifest;
  /** Remembers for the cleaning up. */
  wrote(which: 0 | 1, kind: 'manifests' | 'blobs', digest: Digest): void;
  readonly written: readonly {
    readonly which: 0 | 1;
    readonly kind: 'manifests' | 'blobs';
    readonly digest: Digest;
  }[];
  readonly signal: AbortSignal | undefined;
}

const SIZE = 64 * 1024;
export const EMPTY = Buffer.from('{}');

export function createScratch(options: {
  readonly host: string;
  /** Below which the repositories lie; empty for the root of the registry. */
  readonly path: string;
  readonly session: RegistrySession;
  readonly repository: (name: string) => RegistryRepository;
  readonly signal: AbortSignal | undefined;
}): Scratch {
  const { host, path, session, signal } = options;
  const base = `${path === '' ? '' : `${path}/`}sallyport-doctor-${randomBytes(4).toString('hex')}`;
  const names = [base, `${base}-two`] as const;
  const bytes = randomBytes(SIZE);
  const blob = { mediaType: 'application/octet-stream', digest: digestOf(bytes), size: SIZE };
  const written: { which: 0 | 1; kind: 'manifests' | 'blobs'; digest: Digest }[] = [];
  return {
    host,
    names,
    session,
    signal,
    bytes,
    blob,
    written,
    repository: (which) => options.repository(names[which]),
    wrote: (which, kind, digest) => void written.unshift({ which, kind, digest }),
    manifest: (more = {}) =>
      readManifest(
        Buffer.from(
          JSON.stringify({
            schemaVersion: 2,
            mediaType: MEDIA_TYPES.ociManifest,
            artifactType: 'application/vnd.sallyport.doctor',
            config: { mediaType: MEDIA_TYPES.ociEmpty, digest: digestOf(EMPTY), size: EMPTY.length },
            layers: [blob],
            ...more,
          }),
        ),
      ),
  };
}

export function opener(bytes: Buffer): (offset: number) => Promise<Readable> {
  return async (offset) => Readable.from([bytes.subarray(offset)], { objectMode: false });
}
