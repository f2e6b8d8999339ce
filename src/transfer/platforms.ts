import { SallyportError } from '../base/index.ts';
import {
  type Descriptor,
  formatPlatform,
  type IndexView,
  isUnknownPlatform,
  type Platform,
  platformMatches,
} from '../oci/index.ts';

/** BuildKit's attestation manifests name the image they speak of so (buildkit docs/attestations/attestation-storage.md). */
const ATTESTS = 'vnd.docker.reference.digest';

/** Which children of an index are taken for the wished platforms (empty: all), and what was wished but is not offered. */
export interface Choice {
  readonly taken: readonly Descriptor[];
  readonly left: readonly Descriptor[];
  readonly missing: readonly Platform[];
}

/** Throws `PLATFORM_MISSING` when none of the wished platforms is offered. */
export function choosePlatforms(view: IndexView, platforms: readonly Platform[], subject: string): Choice {
  if (platforms.length === 0) return { taken: view.manifests, left: [], missing: [] };
  const wished = new Set(
    view.manifests.filter((child) => isImageFor(child, platforms)).map(({ digest }) => digest),
  );
  const missing = platforms.filter(
    (wanted) =>
      !view.manifests.some(({ platform }) => platform !== undefined && platformMatches(wanted, platform)),
  );
  if (missing.length === platforms.length && view.manifests.some(isPlatformed)) {
    const offered = view.manifests
      .filter(isPlatformed)
      .flatMap(({ platform }) => (platform === undefined ? [] : [formatPlatform(platform)]));
    throw new SallyportError(
      'PLATFORM_MISSING',
      `has none of the platforms ${platforms.map(formatPlatform).join(', ')}; it has ${offered.join(', ')}`,
      { subject },
    );
  }
  const isTaken = (child: Descriptor): boolean => {
    if (isPlatformed(child)) return wished.has(child.digest);
    const about = child.annotations?.[ATTESTS];
    return about === undefined || [...wished].some((digest) => digest === about);
  };
  return {
    taken: view.manifests.filter(isTaken),
    left: view.manifests.filter((child) => !isTaken(child)),
    missing,
  };
}

function isPlatformed({ platform }: Descriptor): boolean {
  return platform !== undefined && !isUnknownPlatform(platform);
}

function isImageFor(child: Descriptor, platforms: readonly Platform[]): boolean {
  const { platform } = child;
  return platform !== undefined && platforms.some((wanted) => platformMatches(wanted, platform));
}
