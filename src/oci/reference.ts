import { SallyportError } from '../base/index.ts';
import { type Digest, isDigest } from './digest.ts';

/**
 * A parsed image reference. Docker Hub's short forms are made whole (`redis` → `docker.io/library/redis`);
 * `tag` stays undefined when none was written, because `latest` is a choice of the reader, not of the text.
 * Grammar: OCI distribution-spec v1.1 "Pulling manifests"; short-name rules: distribution/reference normalize.go.
 */
export interface Reference {
  /** Host with port as the user knows it: `docker.io`, `quay.io`, `localhost:5000`, `[::1]:5000`. */
  readonly registry: string;
  /** Path below the host: `eclipse/che-server`, `library/redis`. */
  readonly repository: string;
  readonly tag?: string;
  readonly digest?: Digest;
}

export const DOCKER_HUB = 'docker.io';
const DOCKER_HUB_ALIASES: ReadonlySet<string> = new Set([
  'docker.io',
  'index.docker.io',
  'registry-1.docker.io',
  'registry.hub.docker.com',
]);

const COMPONENT = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*';
const PATH = new RegExp(`^${COMPONENT}(?:/${COMPONENT})*$`);
const TAG = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/;
const HOST =
  /^(?:(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])(?:\.(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9]))*|\[[a-fA-F0-9:]+\])(?::[0-9]{1,5})?$/;
/** Host and path together, as distribution/reference caps them (NameTotalLengthMax). */
const NAME_LIMIT = 255;

/** The text as a reference, or the reason why it is none. Pure and cheap: discovery asks it of every candidate. */
export function tryParseReference(text: string): Reference | { readonly reason: string } {
  let rest = text;
  let digest: Digest | undefined;
  const at = rest.indexOf('@');
  if (at !== -1) {
    const after = rest.slice(at + 1);
    if (!isDigest(after)) return { reason: `“${after}” is not a digest` };
    digest = after;
    rest = rest.slice(0, at);
  }
  let tag: string | undefined;
  const colon = rest.lastIndexOf(':');
  if (colon > rest.lastIndexOf('/') && !isBareIpv6(rest, colon)) {
    tag = rest.slice(colon + 1);
    rest = rest.slice(0, colon);
    if (!TAG.test(tag)) return { reason: `“${tag}” is not a tag` };
  }
  if (rest === '') return { reason: 'the name is empty' };
  const slash = rest.indexOf('/');
  const first = slash === -1 ? '' : rest.slice(0, slash);
  const hasHost = slash !== -1 && looksLikeHost(first);
  let registry = hasHost ? first : DOCKER_HUB;
  let repository = hasHost ? rest.slice(slash + 1) : rest;
  if (hasHost && !HOST.test(first)) return { reason: `“${first}” is not a host` };
  if (DOCKER_HUB_ALIASES.has(registry)) registry = DOCKER_HUB;
  if (registry === DOCKER_HUB && !repository.includes('/')) repository = `library/${repository}`;
  if (!PATH.test(repository)) return { reason: `“${repository}” is not a repository path` };
  if (/^[0-9a-f]{64}$/.test(text)) return { reason: 'a bare image identifier names no repository' };
  if (registry.length + 1 + repository.length > NAME_LIMIT)
    return { reason: `the name is longer than ${NAME_LIMIT} characters` };
  return {
    registry,
    repository,
    ...(tag === undefined ? {} : { tag }),
    ...(digest === undefined ? {} : { digest }),
  };
}

/** The first component is a host only with a dot, a colon, an upper-case letter, or as `localhost` (distribution/reference splitDockerDomain). */
export function looksLikeHost(component: string): boolean {
  return (
    component.includes('.') ||
    component.includes(':') ||
    component === 'localhost' ||
    component !== component.toLowerCase()
  );
}

function isBareIpv6(name: string, colon: number): boolean {
  return name.startsWith('[') && name.lastIndexOf(']') > colon;
}

/** Throws `REFERENCE_INVALID` with the reason. */
export function parseReference(text: string): Reference {
  const parsed = tryParseReference(text.trim());
  if ('reason' in parsed)
    throw new SallyportError('REFERENCE_INVALID', `is not an image reference: ${parsed.reason}`, {
      subject: text,
    });
  return parsed;
}

/** The whole form: host, path, tag and digest as far as they are known. */
export function formatReference(reference: Reference): string {
  return `${nameOf(reference)}${reference.tag === undefined ? '' : `:${reference.tag}`}${reference.digest === undefined ? '' : `@${reference.digest}`}`;
}

/** Host and path, without tag and digest. */
export function nameOf(reference: Reference): string {
  return `${reference.registry}/${reference.repository}`;
}

/** The whole form with `:latest` made visible when neither tag nor digest is there: what a pull would ask for. */
export function normalizeReference(reference: Reference): string {
  return formatReference(
    reference.tag === undefined && reference.digest === undefined
      ? { ...reference, tag: 'latest' }
      : reference,
  );
}

/**
 * Every text that means the same image as this one: Docker Hub's hosts and short names, and `:latest`, which need not be written. The first is the
 * whole form. Throws `REFERENCE_INVALID`.
 */
export function spellingsOf(text: string): readonly string[] {
  const reference = parseReference(text);
  const { registry, repository, tag, digest } = reference;
  const hosts =
    registry === DOCKER_HUB ? [...DOCKER_HUB_ALIASES].map((host) => `${host}/`) : [`${registry}/`];
  const paths = registry === DOCKER_HUB ? [repository, repository.replace(/^library\//, '')] : [repository];
  const rest = digest === undefined ? '' : `@${digest}`;
  const tags =
    digest === undefined && (tag ?? 'latest') === 'latest'
      ? [':latest', '']
      : [tag === undefined ? '' : `:${tag}`];
  const whole = normalizeReference(reference);
  const written = [...hosts, ''].flatMap((host) =>
    paths.flatMap((path) => tags.map((one) => `${host}${path}${one}${rest}`)),
  );
  return [...new Set(written)].filter((one) => {
    const parsed = tryParseReference(one);
    return !('reason' in parsed) && normalizeReference(parsed) === whole;
  });
}

/** What to ask the registry for: the digest when there is one, else the tag, else `latest`. */
export function selectorOf(reference: Reference): string {
  return reference.digest ?? reference.tag ?? 'latest';
}

/** Whether `text` may stand as a repository path below a host. */
export function isRepositoryPath(text: string): boolean {
  return PATH.test(text);
}

export function isTag(text: string): boolean {
  return TAG.test(text);
}

export function isHost(text: string): boolean {
  return HOST.test(text);
}
