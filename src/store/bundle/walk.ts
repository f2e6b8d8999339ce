import {
  blobsOf,
  type Descriptor,
  type Digest,
  isManifestType,
  MANIFEST_LIMITS,
  type ManifestView,
  readManifest,
} from '../../oci/index.ts';
import type { LayoutEntry } from '../layout-index.ts';
import type { BundleInfo } from './info.ts';
import { blobName, digestOfName } from './names.ts';
import type { TarFiles } from './tar-files.ts';
import { invalid } from './tar-header.ts';

export interface FoundManifests {
  readonly manifests: ReadonlyMap<Digest, Descriptor>;
  /** By their subject, sorted by digest. */
  readonly referrers: ReadonlyMap<Digest, readonly Descriptor[]>;
}

/**
 * Follows every manifest: whatever one names must be there in the size that it says (or be omitted on purpose), and no blob may be there that
 * none names. Throws `BUNDLE_INVALID`, `DIGEST_MISMATCH`, `MANIFEST_INVALID`.
 */
export async function walkManifests(
  files: TarFiles,
  options: {
    readonly info: BundleInfo;
    readonly index: readonly LayoutEntry[];
    readonly signal: AbortSignal | undefined;
  },
): Promise<FoundManifests> {
  const { info, index, signal } = options;
  const { path } = files;
  const manifests = new Map<Digest, Descriptor>();
  const referrers = new Map<Digest, Descriptor[]>();
  const omitted = new Map(info.omitted.map((blob) => [blob.digest, blob.size]));
  const used = new Set<string>();
  const use = (descriptor: Descriptor): void => {
    checkSize(files, descriptor, omitted);
    used.add(blobName(descriptor.digest));
  };
  const waiting: { descriptor: Descriptor; depth: number; optional: boolean }[] = index.map(
    ({ digest, mediaType, size }) => ({ descriptor: { digest, mediaType, size }, depth: 0, optional: false }),
  );
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    signal?.throwIfAborted();
    const { descriptor, depth, optional } = next;
    const { digest, mediaType, size } = descriptor;
    // Children that were left out because of the chosen platforms.
    if (files.blob(digest) === undefined && optional) continue;
    use(descriptor);
    if (manifests.has(digest) || !isManifestType(mediaType)) continue;
    if (depth > MANIFEST_LIMITS.depth) throw invalid(path, 'has indexes within indexes without end');
    const { view } = readManifest(await files.readBlob(digest, MANIFEST_LIMITS.bytes), {
      digest,
      contentType: mediaType,
      subject: `${path} ${digest}`,
    });
    manifests.set(digest, { mediaType, digest, size });
    if (view.subject !== undefined) {
      const known = referrers.get(view.subject.digest) ?? [];
      referrers.set(view.subject.digest, known);
      known.push({ mediaType, digest, size, ...saysOfItself(view) });
    }
    if (view.kind === 'index')
      for (const child of view.manifests)
        waiting.push({
          descriptor: child,
          depth: depth + 1,
          optional: info.platforms.length > 0 || !isManifestType(child.mediaType),
        });
    for (const blob of blobsOf(view)) use(blob);
  }
  for (const known of referrers.values()) known.sort((a, b) => (a.digest < b.digest ? -1 : 1));
  for (const name of files.entries.keys()) {
    if (digestOfName(name) !== undefined && !used.has(name))
      throw invalid(path, `“${name}” belongs to no image`);
  }
  return { manifests, referrers };
}

/** What a list of referrers tells of one (distribution-spec v1.1 "Listing Referrers"). */
function saysOfItself({ artifactType, annotations }: ManifestView): Partial<Descriptor> {
  return {
    ...(artifactType === undefined ? {} : { artifactType }),
    ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
  };
}

function checkSize(
  files: TarFiles,
  { digest, size }: Descriptor,
  omitted: ReadonlyMap<Digest, number>,
): void {
  const entry = files.blob(digest);
  if (entry === undefined && !omitted.has(digest))
    throw invalid(files.path, `lacks ${digest}, which a manifest in it names`);
  const found = entry?.size ?? omitted.get(digest);
  if (found !== size)
    throw invalid(files.path, `${digest} is ${found ?? 0} bytes long, and a descriptor says ${size}`);
}
