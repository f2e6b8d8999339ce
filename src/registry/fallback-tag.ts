import { SallyportError } from '../base/index.ts';
import {
  type Descriptor,
  type Digest,
  digestAlgorithm,
  digestHex,
  MEDIA_TYPES,
  readManifest as parseManifest,
  type RawManifest,
} from '../oci/index.ts';
import type { CallOptions } from '../store/index.ts';
import { fetchManifest } from './manifests.ts';
import type { RepositoryParts } from './repository-parts.ts';
import { putManifest } from './write-manifest.ts';

/** Distribution-spec v1.1 "Referrers Tag Schema": algorithm cut to 32 characters, hex to 64. */
export function fallbackTag(digest: Digest): string {
  return `${digestAlgorithm(digest).slice(0, 32)}-${digestHex(digest).slice(0, 64)}`;
}

/** What the fallback tag lists; empty when there is no such tag. */
export async function readFallback(
  parts: RepositoryParts,
  digest: Digest,
  options: CallOptions,
): Promise<{ readonly entries: readonly Descriptor[]; readonly found?: RawManifest }> {
  const found = await fetchManifest(parts, fallbackTag(digest), options);
  if (found === undefined) return { entries: [] };
  // A tag of that name that is no index belongs to somebody else.
  return { entries: found.view.kind === 'index' ? found.view.manifests : [], found };
}

/**
 * Adds a manifest to the list of its subject, which the client does where the registry does not (no `OCI-Subject` in its answer).
 * Everything that stands in the list stays as it is; artifact type and all annotations go in (distribution-spec v1.1 "Pushing Manifests with Subject").
 * Throws `MANIFEST_INVALID` when the tag names something that is no list.
 */
export async function addToFallback(
  parts: RepositoryParts,
  manifest: RawManifest,
  subject: Digest,
  options: CallOptions,
): Promise<void> {
  const { entries, found } = await readFallback(parts, subject, options);
  if (found !== undefined && found.view.kind !== 'index') {
    throw new SallyportError(
      'MANIFEST_INVALID',
      'is not the list of referrers that a tag of this name should be',
      {
        subject: `${parts.label}:${fallbackTag(subject)}`,
        hint: 'Remove that tag at the target, or copy without signatures.',
      },
    );
  }
  const { view, descriptor } = manifest;
  if (entries.some((entry) => entry.digest === descriptor.digest)) return;
  const entry = {
    mediaType: descriptor.mediaType,
    digest: descriptor.digest,
    size: descriptor.size,
    ...(view.artifactType === undefined ? {} : { artifactType: view.artifactType }),
    ...(Object.keys(view.annotations).length === 0 ? {} : { annotations: view.annotations }),
  };
  const bytes = Buffer.from(JSON.stringify(appended(found, entry)));
  await putManifest(parts, parseManifest(bytes), { ...options, tag: fallbackTag(subject) });
}

function appended(index: RawManifest | undefined, entry: object): object {
  if (index === undefined) return { schemaVersion: 2, mediaType: MEDIA_TYPES.ociIndex, manifests: [entry] };
  const json = JSON.parse(index.bytes.toString('utf8')) as { readonly manifests?: readonly unknown[] };
  return { ...json, manifests: [...(json.manifests ?? []), entry] };
}
