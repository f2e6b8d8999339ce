import { type Digest, type RawManifest, readManifest } from '../../oci/index.ts';

/**
 * What the registry itself takes, far beyond what clients may expect (4 MiB, distribution-spec v1.1 "Pushing Manifests"):
 * whoever is allowed to push decides, and the server's own limit on bytes is lower unless it is raised.
 */
export const STORED_LIMITS = { bytes: 64 * 1024 * 1024, children: Number.POSITIVE_INFINITY } as const;

/** Reads a manifest that is about to be stored, or was. Throws `MANIFEST_INVALID`, `UNSUPPORTED_MEDIA_TYPE`. */
export function readStored(bytes: Buffer, digest: Digest, contentType?: string): RawManifest {
  return readManifest(bytes, {
    digest,
    limits: STORED_LIMITS,
    ...(contentType === undefined ? {} : { contentType }),
  });
}
