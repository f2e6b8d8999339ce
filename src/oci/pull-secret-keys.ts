import { DOCKER_HUB, type Reference } from './reference.ts';

/** Where docker writes the login of Docker Hub, and where the kubelet looks for it. */
const HUB_KEY = 'index.docker.io';

/**
 * The keys of a pull secret's `auths` that the kubelet takes for an image, in the order in which it tries them. A key is a host with `*` and `?`
 * within its labels, a port that is compared as it is, and a path that the image's begins with; of several the one that sorts last comes first.
 * Source: kubernetes v1.34, pkg/credentialprovider/keyring.go (Add, Lookup, URLsMatch).
 */
export function pullSecretKeys(keys: readonly string[], image: Reference): readonly string[] {
  const read = keys.map((key) => ({ key, ...readKey(key) }));
  const fitting = read.filter(({ host, path }) => hostFits(host, image.registry) && pathFits(path, image));
  const chosen =
    fitting.length === 0 && image.registry === DOCKER_HUB
      ? read.filter(({ host, path }) => host === HUB_KEY && path === '')
      : fitting;
  const sorts = ({ host, path }: Key): string => host + path;
  return chosen
    .sort((a, b) => (sorts(a) < sorts(b) ? 1 : sorts(a) > sorts(b) ? -1 : 0))
    .map(({ key }) => key);
}

interface Key {
  /** With its port. */
  readonly host: string;
  /** With a slash before it, or empty. */
  readonly path: string;
}

/** Scheme and API version (`/v1/`) do not count. */
function readKey(key: string): Key {
  const rest = key.trim().replace(/^https?:\/\//i, '');
  const slash = rest.indexOf('/');
  if (slash === -1) return { host: rest, path: '' };
  const path = rest.slice(slash).replace(/^\/v[12]\//, '/');
  return { host: rest.slice(0, slash), path: path === '/' ? '' : path };
}

function pathFits(path: string, { repository }: Reference): boolean {
  return `/${repository}`.startsWith(path);
}

function hostFits(key: string, host: string): boolean {
  const [wanted, port] = splitPort(key);
  const [given, givenPort] = splitPort(host);
  if (port !== givenPort) return false;
  const labels = wanted.split('.');
  const others = given.split('.');
  return labels.length === others.length && labels.every((label, at) => labelFits(label, others[at] ?? ''));
}

function splitPort(host: string): readonly [string, string] {
  const found = /^(.*[^:]|\[.*\]):(\d+)$/.exec(host);
  return [found?.[1] ?? host, found?.[2] ?? ''];
}

function labelFits(pattern: string, label: string): boolean {
  if (!/[*?]/.test(pattern)) return pattern === label;
  const text = pattern
    .replace(/[\\^$+.()|{}[\]]/g, '\\$&')
    .replace(/\*/g, '.*')
    .replace(/\?/g, '.');
  return new RegExp(`^${text}$`).test(label);
}
