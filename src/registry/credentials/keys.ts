import { DOCKER_HUB } from '../../oci/index.ts';

/** Docker Hub under all the names that files know; docker itself writes `https://index.docker.io/v1/`. */
const HUB_NAMES: ReadonlySet<string> = new Set([
  'docker.io',
  'index.docker.io',
  'registry-1.docker.io',
  'registry.hub.docker.com',
]);

/** What credential helpers know Docker Hub by. */
const HUB_SERVER = 'https://index.docker.io/v1/';

/** A key of a credentials file as `host[:port][/path]`: scheme, API version and slashes at the end removed, Docker Hub under one name. */
export function normalizeKey(key: string): string {
  const rest = key
    .trim()
    .replace(/^https?:\/\//i, '')
    .replace(/\/+$/, '')
    .replace(/\/v[12]$/, '');
  const slash = rest.indexOf('/');
  const host = (slash === -1 ? rest : rest.slice(0, slash)).toLowerCase();
  return (HUB_NAMES.has(host) ? DOCKER_HUB : host) + (slash === -1 ? '' : rest.slice(slash));
}

/** Keys that may stand for a repository, the most specific first: `host/a/b`, `host/a`, `host` (containers-auth.json(5)). */
export function candidateKeys(host: string, repository: string): readonly string[] {
  const parts = repository.split('/').filter((part) => part !== '');
  const base = normalizeKey(host);
  return [...parts.map((_, index) => [base, ...parts.slice(0, parts.length - index)].join('/')), base];
}

/** The entry that fits best, with its key as it was written. */
export function bestMatch<T>(
  entries: Readonly<Record<string, T>>,
  candidates: readonly string[],
): { readonly key: string; readonly value: T } | undefined {
  for (const candidate of candidates) {
    for (const [key, value] of Object.entries(entries))
      if (normalizeKey(key) === candidate) return { key, value };
  }
  return undefined;
}

/** What a helper is asked for: its own spelling of the server. */
export function helperServer(host: string): string {
  return normalizeKey(host) === DOCKER_HUB ? HUB_SERVER : host;
}
