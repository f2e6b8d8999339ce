import { type Reference, tryParseReference } from '../oci/index.ts';
import type { ScalarNode } from '../yaml/index.ts';
import type { Registries } from './registries.ts';

/** How much the text alone speaks for a reference. */
export type Strength = 'strong' | 'weak' | 'none';

/** Hosts in front of label and annotation keys, API groups and finalizers: never a registry. */
const LABEL_HOST =
  /^(?:(?:[a-z0-9-]+\.)*kubernetes\.io|k8s\.io|(?:[a-z0-9-]+\.)*(?:svc|local|internal-svc)|(?:[a-z0-9-]+\.)+svc(?:\.[a-z0-9.-]+)?|github\.com|gitlab\.com|bitbucket\.org|golang\.org|google\.golang\.org|gopkg\.in|git\..*|www\..*|docs\..*|get\..*|raw\.githubusercontent\.com|schemas\..*)(?::\d+)?$/i;

/** Endings of files: a path that ends so is no repository. */
const FILE_END =
  /\.(?:ya?ml|json|sh|py|go|txt|md|html?|svg|png|jpe?g|gif|ico|css|js|ts|crt|pem|key|conf|cfg|toml|ini|xml|tgz|tar|gz|zip|jar|so|sock|log|git|exe|rpm|deb|repo)$/i;

/** A reference by its shape, when nothing about its place says so. */
export function shapeOf(text: string, registries: Registries): Strength {
  if (text.length < 5 || text.length > 400 || !text.includes('/') || /[\s"'`,;()[\]<>|*?\\=&!^~]/.test(text))
    return 'none';
  if (/^[./-]/.test(text) || text.includes('://') || text.includes('//') || text.includes('..'))
    return 'none';
  if (/^[\d./:]+$/.test(text)) return 'none';
  const parsed = tryParseReference(text);
  if ('reason' in parsed) return 'none';
  const first = text.slice(0, text.indexOf('/'));
  const hosted = first.includes('.') || first.includes(':') || first === 'localhost';
  const pinned = isPinned(parsed);
  if (!hosted) return isRelease(parsed) && !FILE_END.test(text) ? 'strong' : pinned ? 'weak' : 'none';
  // an address alone, or a version
  const isOther = LABEL_HOST.test(first) || /^\d+(?:\.\d+)*$/.test(first);
  if (isOther && !registries.isOwn(text)) return 'none';
  if (FILE_END.test(parsed.repository) || FILE_END.test(text)) return 'none';
  if (!pinned) return registries.has(text) ? 'weak' : 'none';
  if (parsed.digest !== undefined || registries.has(text)) return 'strong';
  return parsed.repository.includes('/') ? 'strong' : 'weak';
}

/** `team/app:1.2.0`, `team/app:latest`, `team/app@sha256:…` on Docker Hub: hardly anything else has a path and a version behind a colon. */
function isRelease({ tag, digest }: Reference): boolean {
  return digest !== undefined || /^(?:latest$|v?\d+\.\d)/.test(tag ?? '');
}

function isPinned({ tag, digest }: Reference): boolean {
  return tag !== undefined || digest !== undefined;
}

/** Words that stand under image-like keys and are no images. */
const WORDS =
  /^(?:true|false|yes|no|on|off|null|none|nil|always|never|ifnotpresent|default|latest|auto|enabled|disabled|string|object|any|all|image|images|stable|standard|custom|docker|oci|raw|dynamic|static|placeholder|~|-)$/i;

/** Whether a text at a place that names images can be one; `ref` is without scheme. Undefined: something else stands there. */
export function referenceAt(text: string): Reference | undefined {
  if (text.length > 400 || WORDS.test(text) || /^[\d.]+$/.test(text) || /^\d+[a-zA-Z]{1,3}$/.test(text))
    return undefined;
  const parsed = tryParseReference(text);
  // A tag or digest says that it is no file; tags may end as files do (`app:1.2.key`).
  if ('reason' in parsed || FILE_END.test(isPinned(parsed) ? parsed.repository : text)) return undefined;
  if (/^v?\d+(?:\.\d+)+(?:[-+.].*)?$/.test(text) && !text.includes('/')) return undefined;
  return parsed;
}

/** `docker://REF`, `oci://REF` name an image behind a scheme; the length of the scheme, else 0. */
export function schemeLength(text: string): number {
  return /^(?:docker|oci|containers-storage):\/\//.exec(text)?.[0].length ?? 0;
}

/** A plain `null`, `~` or nothing: no string, so no name either (YAML 1.2 core schema). */
export function isNull(scalar: ScalarNode): boolean {
  return scalar.style === 'plain' && /^(?:~|null|Null|NULL)?$/.test(scalar.value);
}
