import { combineErrors, SallyportError } from '../base/index.ts';
import {
  type Digest,
  digestHex,
  normalizeReference,
  parsePrefix,
  parseReference,
  type Reference,
  targetRepository,
  tryParseReference,
} from '../oci/index.ts';
import type { TargetConfig } from './types.ts';

export interface ImageToPlace {
  readonly reference: string;
  /** Known after resolving; two sources with one digest may share a target. */
  readonly digest?: Digest;
}

export interface TargetPlace {
  /** `registry/path`. */
  readonly repository: string;
  readonly tag: string;
}

/** Hex characters of the digest in the tag of a source that has none: enough to tell images of one repository apart. */
const TAG_DIGITS = 12;

/**
 * Where each image goes, by its reference as given. A source named by digest alone gets a tag of its own, because registries
 * sweep what no tag holds. Throws `TARGET_COLLISION` (several collected) when two sources with digests that differ or are
 * unknown would go to one repository and tag, and `REFERENCE_INVALID` for a prefix, a reference or a target that is none.
 */
export function targetsFor(
  images: readonly ImageToPlace[],
  target: Pick<TargetConfig, 'prefix' | 'naming'>,
): Map<string, TargetPlace> {
  const prefix = parsePrefix(target.prefix);
  const places = new Map<string, TargetPlace>();
  const taken = new Map<string, { source: string; digest: Digest | undefined }>();
  const collisions: SallyportError[] = [];
  for (const { reference, digest } of images) {
    const parsed = parseReference(reference);
    const { registry, repository } = targetRepository(prefix, target.naming, parsed);
    const place = { repository: `${registry}/${repository}`, tag: tagOf(parsed) };
    const key = `${place.repository}:${place.tag}`;
    refuseUnpushable(reference, key);
    const source = normalizeReference(parsed);
    const known = digest ?? parsed.digest;
    const other = taken.get(key);
    if (other === undefined) taken.set(key, { source, digest: known });
    else if (other.source !== source && (known === undefined || other.digest !== known)) {
      collisions.push(
        new SallyportError('TARGET_COLLISION', `${other.source} and ${source} would both become it`, {
          subject: key,
          ...(target.naming === 'nested'
            ? { hint: 'Exclude one of the two, or name both in the same way.' }
            : {}),
        }),
      );
    }
    places.set(reference, place);
  }
  if (collisions.length > 0)
    throw combineErrors(collisions, `${collisions.length} target names are wanted by two sources`);
  return places;
}

function tagOf(source: Reference): string {
  if (source.tag !== undefined) return source.tag;
  return source.digest === undefined
    ? 'latest'
    : `sallyport-${digestHex(source.digest).slice(0, TAG_DIGITS)}`;
}

/** A prefix and a long source name can be too long together. */
function refuseUnpushable(source: string, target: string): void {
  const parsed = tryParseReference(target);
  if ('reason' in parsed) {
    throw new SallyportError('REFERENCE_INVALID', `would become ${target}, but ${parsed.reason}`, {
      subject: source,
      hint: 'Choose a shorter target prefix or another naming.',
    });
  }
}
