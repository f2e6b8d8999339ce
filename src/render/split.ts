import type { ReferencePart } from '../discovery/index.ts';
import { isDigest } from '../oci/index.ts';
import type { Edit } from '../yaml/index.ts';
import type { NewReference } from './types.ts';

/** An edit of a key; `shared` is what it may hold instead where several images read the same key. */
export interface PartEdit extends Edit {
  readonly shared?: string;
}

/**
 * The edits that make a reference spread over several keys name the new image, or the reason why its keys cannot.
 * The registry's key gets the target's host, a name's key the last segment, what stands between the rest. A tag keeps its value;
 * where no key holds a digest and one is wanted, the tag takes it along (`v1@sha256:…`), because every chart and operator that
 * puts `repository:tag` together then asks for that digest. A `version` is never touched unless it is a digest: operators parse it.
 */
export function splitEdits(
  parts: readonly ReferencePart[],
  target: NewReference,
): readonly PartEdit[] | { readonly reason: string } {
  const names = nameEdits(parts, target);
  if ('reason' in names) return names;
  const digestKey = parts.find(holdsDigest);
  const edits: PartEdit[] = [...names];
  for (const { part, value, range } of parts) {
    if (part !== 'tag' || value === '' || target.tag === undefined) continue;
    const alone = target.digest === undefined || digestKey !== undefined;
    edits.push({
      range,
      text: alone ? target.tag : `${target.tag}@${target.digest}`,
      ...(alone ? {} : { shared: target.tag }),
    });
  }
  if (digestKey !== undefined && target.digest !== undefined) {
    const bare = digestKey.value.includes(':')
      ? target.digest
      : target.digest.slice(target.digest.indexOf(':') + 1);
    edits.push({ range: digestKey.range, text: bare });
  }
  return edits.filter(({ range, text }) => valueAt(parts, range) !== text);
}

/** NVIDIA's operators take a digest under `version` too. */
export function holdsDigest({ part, value }: ReferencePart): boolean {
  return (part === 'digest' && value !== '') || (part === 'version' && isDigest(value));
}

type NamePart = 'registry' | 'path' | 'repository' | 'name';
/** How the name's parts follow each other when they are put together. */
const ORDER: readonly NamePart[] = ['registry', 'path', 'repository', 'name'];

/** Hands out the segments of the new name: the last parts get as many as they held, the first gets what is left. */
function nameEdits(
  parts: readonly ReferencePart[],
  target: NewReference,
): readonly Edit[] | { readonly reason: string } {
  const named = ORDER.flatMap((wanted) => parts.filter(({ part }) => part === wanted));
  const [first, ...others] = named;
  if (first === undefined) return { reason: 'no key holds its name' };
  const segments = target.repository.split('/');
  const hasRegistry = first.part === 'registry' && others.length > 0;
  const flexible = hasRegistry
    ? others.length > 1 || others[0]?.part !== 'name'
      ? others[0]
      : first
    : first;
  const edits: Edit[] = [];
  for (const part of others.toReversed()) {
    if (part === flexible) continue;
    const count = part.part === 'name' ? 1 : part.value.split('/').filter((piece) => piece !== '').length;
    const taken = segments.splice(Math.max(0, segments.length - count), count);
    if (taken.length === 0)
      return { reason: `the target name is too short for the key that holds “${part.value}”` };
    edits.push({
      range: part.range,
      text: keepSlashes(part.value, taken.join('/')) + selector(part, target),
    });
  }
  const rest = segments.join('/');
  const host = [target.registry, rest].filter((piece) => piece !== '').join('/');
  if (flexible === first || flexible === undefined) {
    edits.push({ range: first.range, text: keepSlashes(first.value, host) + selector(first, target) });
  } else {
    if (rest === '')
      return { reason: `the target name is too short for the key that holds “${flexible.value}”` };
    edits.push({ range: first.range, text: keepSlashes(first.value, target.registry) });
    edits.push({
      range: flexible.range,
      text: keepSlashes(flexible.value, rest) + selector(flexible, target),
    });
  }
  return edits;
}

/** `registry: quay.io` beside `image: foo/bar:1.0`: the tag and digest stay where the tag was. */
function selector(part: ReferencePart, target: NewReference): string {
  const last = part.value.slice(part.value.lastIndexOf('/') + 1);
  if (part.part === 'registry' || !/[:@]/.test(last)) return '';
  return target.text.slice(`${target.registry}/${target.repository}`.length);
}

/** Some charts write `registry: quay.io/`. */
function keepSlashes(old: string, text: string): string {
  return `${old.startsWith('/') ? '/' : ''}${text}${old.endsWith('/') && old.length > 1 ? '/' : ''}`;
}

function valueAt(parts: readonly ReferencePart[], range: ReferencePart['range']): string | undefined {
  return parts.find((part) => part.range[0] === range[0] && part.range[1] === range[1])?.value;
}
