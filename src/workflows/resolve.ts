import { SallyportError } from '../base/index.ts';
import type { LockedPlatform, LockedReferrer } from '../lock/index.ts';
import {
  blobsOf,
  type Descriptor,
  type Digest,
  digestHex,
  formatPlatform,
  isManifestType,
  isUnknownPlatform,
  MANIFEST_LIMITS,
  type Platform,
  parsePlatform,
  parseReference,
  platformMatches,
  type RawManifest,
  selectorOf,
} from '../oci/index.ts';
import { type ContentStore, canListReferrers } from '../store/index.ts';
import type { WorkflowContext } from './context.ts';
import type { Pinned } from './lock.ts';
import type { Registries } from './registries.ts';

/** The older homes of signatures, attestations and SBOMs: tags made from the digest (cosign's tag scheme). */
const TAG_FORMS = ['sig', 'att', 'sbom'] as const;

/**
 * Asks a source registry what a reference is today: digest, media type, platforms with sizes, what refers to it.
 * `platforms` (`os/arch[/variant]`, empty for all) limits sizes to what will be copied.
 * Throws `MANIFEST_NOT_FOUND`, `PLATFORM_MISSING` and what the registry client throws.
 */
export async function resolveImage(
  context: WorkflowContext,
  registries: Registries,
  reference: string,
  platforms: readonly string[],
): Promise<Pinned> {
  const parsed = parseReference(reference);
  const store = registries.source(parsed);
  const call = context.signal === undefined ? {} : { signal: context.signal };
  const root = await store.readManifest(selectorOf(parsed), call);
  context.emit({ type: 'resolve', reference, digest: root.descriptor.digest });
  const [images, referrers] = await Promise.all([
    imagesOf(store, root, platforms.map(parsePlatform), reference, call, 0),
    referrersOf(store, root.descriptor.digest, call),
  ]);
  return {
    digest: root.descriptor.digest,
    mediaType: root.descriptor.mediaType,
    size: sizeOf(root, images),
    platforms: lockedPlatforms(images),
    referrers,
  };
}

interface ReadImage {
  readonly manifest: RawManifest;
  readonly platform?: Platform;
}

/** The manifests below an index that are taken, indexes within indexes included; a single image is itself. */
async function imagesOf(
  store: ContentStore,
  manifest: RawManifest,
  platforms: readonly Platform[],
  reference: string,
  call: { signal?: AbortSignal },
  depth: number,
): Promise<ReadImage[]> {
  const { view } = manifest;
  if (view.kind === 'image') return [{ manifest }];
  if (depth >= MANIFEST_LIMITS.depth) {
    throw new SallyportError(
      'MANIFEST_INVALID',
      `has indexes within indexes deeper than ${MANIFEST_LIMITS.depth}`,
      { subject: reference },
    );
  }
  const taken = view.manifests.filter((child) => isTaken(child, platforms));
  if (
    platforms.length > 0 &&
    !taken.some((child) => child.platform !== undefined && !isUnknownPlatform(child.platform))
  ) {
    const offered = view.manifests.flatMap((child) =>
      child.platform === undefined || isUnknownPlatform(child.platform)
        ? []
        : [formatPlatform(child.platform)],
    );
    throw new SallyportError(
      'PLATFORM_MISSING',
      `has none of the platforms ${platforms.map(formatPlatform).join(', ')}; it has ${offered.join(', ')}`,
      { subject: reference },
    );
  }
  const read = await Promise.all(
    taken
      .filter((child) => isManifestType(child.mediaType))
      .map(async (child) => {
        const below = await imagesOf(
          store,
          await store.readManifest(child.digest, call),
          platforms,
          reference,
          call,
          depth + 1,
        );
        return below.map((image) => ({
          ...image,
          ...(child.platform === undefined || image.platform !== undefined
            ? {}
            : { platform: child.platform }),
        }));
      }),
  );
  return read.flat();
}

function isTaken(child: Descriptor, platforms: readonly Platform[]): boolean {
  const { platform } = child;
  if (platforms.length === 0 || platform === undefined || isUnknownPlatform(platform)) return true;
  return platforms.some((wanted) => platformMatches(wanted, platform));
}

function lockedPlatforms(images: readonly ReadImage[]): LockedPlatform[] {
  return images
    .flatMap(({ manifest, platform }) => {
      if (platform !== undefined && isUnknownPlatform(platform)) return [];
      const size =
        manifest.descriptor.size + blobsOf(manifest.view).reduce((sum, blob) => sum + blob.size, 0);
      return [
        {
          platform: platform === undefined ? 'unspecified' : formatPlatform(platform),
          digest: manifest.descriptor.digest,
          size,
        },
      ];
    })
    .sort((a, b) =>
      a.platform < b.platform ? -1 : a.platform > b.platform ? 1 : a.digest < b.digest ? -1 : 1,
    );
}

/** Every manifest and blob once, in bytes. */
function sizeOf(root: RawManifest, images: readonly ReadImage[]): number {
  const sizes = new Map<string, number>([[root.descriptor.digest, root.descriptor.size]]);
  for (const { manifest } of images) {
    sizes.set(manifest.descriptor.digest, manifest.descriptor.size);
    for (const blob of blobsOf(manifest.view)) sizes.set(blob.digest, blob.size);
  }
  return [...sizes.values()].reduce((sum, size) => sum + size, 0);
}

async function referrersOf(
  store: ContentStore,
  digest: Digest,
  call: { signal?: AbortSignal },
): Promise<LockedReferrer[]> {
  // Together, so that the failure of one leaves no other unheard.
  const [listed, tagged] = await Promise.all([
    canListReferrers(store) ? store.referrers(digest, call) : [],
    Promise.all(
      TAG_FORMS.map(async (form): Promise<LockedReferrer[]> => {
        const found = await store.resolve(`sha256-${digestHex(digest)}.${form}`, call);
        return found === undefined ? [] : [{ digest: found.digest, form }];
      }),
    ),
  ]);
  const referrers = listed.map(
    (found): LockedReferrer => ({
      digest: found.digest,
      form: 'referrer',
      ...(found.artifactType === undefined ? {} : { artifactType: found.artifactType }),
    }),
  );
  return [...referrers, ...tagged.flat()].sort((a, b) => (a.form + a.digest < b.form + b.digest ? -1 : 1));
}
