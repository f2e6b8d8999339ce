import { SallyportError } from '../base/index.ts';
import type { Descriptor, RawManifest } from '../oci/index.ts';
import type { ContentStore } from '../store/index.ts';

/** Reads manifests of sources, each digest once per repository however many images share it. */
export interface SourceReader {
  /** By tag or digest. */
  root(from: ContentStore, selector: string): Promise<RawManifest>;
  /** As a descriptor says; throws `SIZE_MISMATCH` when its length is another. */
  child(from: ContentStore, descriptor: Descriptor): Promise<RawManifest>;
}

export function createSourceReader(signal: AbortSignal): SourceReader {
  const known = new Map<ContentStore, Map<string, Promise<RawManifest>>>();
  const read = (from: ContentStore, selector: string): Promise<RawManifest> => {
    const own = known.get(from) ?? new Map<string, Promise<RawManifest>>();
    known.set(from, own);
    const found = own.get(selector) ?? from.readManifest(selector, { signal });
    own.set(selector, found);
    return found;
  };
  return {
    root: read,
    child: async (from, descriptor) => {
      const manifest = await read(from, descriptor.digest);
      if (manifest.bytes.length === descriptor.size) return manifest;
      throw new SallyportError(
        'SIZE_MISMATCH',
        `has ${manifest.bytes.length} bytes; what lists it says ${descriptor.size}`,
        { subject: `${from.name}@${descriptor.digest}` },
      );
    },
  };
}
