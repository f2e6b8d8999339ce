import semver from 'semver';
import { SallyportError } from '../../base/index.ts';
import type { ClusterPlatform } from '../../facts/index.ts';
import type { UpstreamReader } from '../types.ts';

/** How many versions a message names. */
const SHOWN = 4;

/** Che releases near a version that upstream does have, nearest first: listed where folders can be listed, else the likely ones are tried. */
export async function nearbyVersions(
  version: string,
  platform: ClusterPlatform,
  upstream: UpstreamReader,
  call: { readonly signal?: AbortSignal },
): Promise<string[]> {
  try {
    const listed = await upstream.list('eclipse-che/che-operator');
    const candidates = (listed ?? likely(version)).filter((one) => semver.valid(one) === one);
    const nearest = candidates.sort((a, b) => distance(a, version) - distance(b, version)).slice(0, SHOWN);
    const there = await Promise.all(nearest.map((one) => hasManifests(one, platform, upstream, call)));
    return nearest.filter((_, index) => there[index] === true);
  } catch (thrown) {
    // This only adds to the message of an error on its way; that upstream fails now must not replace it.
    if (thrown instanceof SallyportError && thrown.code === 'UPSTREAM_FAILED') return [];
    throw thrown;
  }
}

/** Whether upstream has this very release for the other platform: then its files for this one are missing, and not the release. */
export async function isThereForOther(
  version: string,
  platform: ClusterPlatform,
  upstream: UpstreamReader,
  call: { readonly signal?: AbortSignal },
): Promise<ClusterPlatform | undefined> {
  const other = platform === 'openshift' ? 'kubernetes' : 'openshift';
  try {
    return (await hasManifests(version, other, upstream, call)) ? other : undefined;
  } catch (thrown) {
    if (thrown instanceof SallyportError && thrown.code === 'UPSTREAM_FAILED') return undefined;
    throw thrown;
  }
}

/** The default CheCluster is the smallest file that every release has. */
async function hasManifests(
  version: string,
  platform: ClusterPlatform,
  upstream: UpstreamReader,
  call: { readonly signal?: AbortSignal },
): Promise<boolean> {
  const path = `eclipse-che/che-operator/${version}/deploy/deployment/${platform}/org_v2_checluster.yaml`;
  return (await upstream.read(path, call)) !== undefined;
}

function likely(version: string): string[] {
  const { major, minor, patch } = semver.parse(version) ?? { major: 7, minor: 0, patch: 0 };
  return [
    ...(patch === 0 ? [] : [`${major}.${minor}.0`]),
    ...[minor - 1, minor + 1, minor - 2].filter((one) => one >= 0).map((one) => `${major}.${one}.0`),
  ];
}

function distance(a: string, b: string): number {
  const [one, other] = [semver.parse(a), semver.parse(b)];
  if (one === null || other === null) return Number.POSITIVE_INFINITY;
  return (
    Math.abs(one.major - other.major) * 1e6 +
    Math.abs(one.minor - other.minor) * 1e3 +
    Math.abs(one.patch - other.patch)
  );
}
