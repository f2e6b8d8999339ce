import type { Lock } from '../../lock/index.ts';
import { parseReference } from '../../oci/index.ts';

/** Where the repositories of a source host are at the target. */
export interface HostMapping {
  /** `quay.io`, `docker.io`. */
  readonly host: string;
  readonly targetHost: string;
  /** Folder at the target that holds the host's repositories under their own names; undefined when names are changed (`flat`). */
  readonly folder: string | undefined;
  /** Every repository by itself, sorted. */
  readonly repositories: readonly { readonly source: string; readonly target: string }[];
}

/** The redirections that the lock amounts to, by source host, sorted. */
export function hostMappings(lock: Lock): HostMapping[] {
  const hosts = new Map<string, { targetHost: string; repositories: Map<string, string> }>();
  for (const image of lock.images) {
    if (image.target === undefined) continue;
    const source = parseReference(image.reference);
    const target = parseReference(image.target.repository);
    const entry = hosts.get(source.registry) ?? { targetHost: target.registry, repositories: new Map() };
    entry.repositories.set(source.repository, target.repository);
    hosts.set(source.registry, entry);
  }
  return [...hosts].sort(byFirst).map(([host, { targetHost, repositories }]) => {
    const all = [...repositories].sort(byFirst).map(([source, target]) => ({ source, target }));
    return { host, targetHost, folder: commonFolder(all), repositories: all };
  });
}

/** The folder in which every repository has its own name; empty for the root of the registry. */
function commonFolder(
  all: readonly { readonly source: string; readonly target: string }[],
): string | undefined {
  const folders = all.map(({ source, target }) =>
    target === source ? '' : target.endsWith(`/${source}`) ? target.slice(0, -source.length - 1) : undefined,
  );
  const [first] = folders;
  return folders.every((folder) => folder === first) ? first : undefined;
}

function byFirst(a: readonly [string, unknown], b: readonly [string, unknown]): number {
  return a[0] < b[0] ? -1 : 1;
}
