import { SallyportError } from '../base/index.ts';
import type { Lock, LockedImage } from '../lock/index.ts';
import { normalizeReference, parseReference } from '../oci/index.ts';
import type { NewReference, ReferenceMap } from './types.ts';

/**
 * The new reference of every image of a lock. A source that was named by digest alone is written by digest alone: its tag at the
 * target only keeps it from being collected. Throws `LOCK_INVALID` for a lock without targets.
 */
export function referencesOf(lock: Lock): ReferenceMap {
  if (lock.target === undefined) {
    throw new SallyportError('LOCK_INVALID', 'names no target, so there is nothing to rewrite to', {
      subject: lock.metadata.name,
      hint: 'Give target.prefix in the configuration, or --to PREFIX, and lock again.',
    });
  }
  const form = lock.target.reference;
  const known = new Map<string, NewReference>();
  for (const image of lock.images) known.set(image.reference, newReference(image, form));
  return {
    get: (reference) => known.get(normalizeReference(parseReference(reference))),
  };
}

function newReference(image: LockedImage, form: 'tag-and-digest' | 'digest' | 'tag'): NewReference {
  if (image.target === undefined)
    throw new SallyportError('LOCK_INVALID', 'has no target in the lock', { subject: image.reference });
  const source = parseReference(image.reference);
  const { registry, repository } = parseReference(`${image.target.repository}:${image.target.tag}`);
  const name = `${registry}/${repository}`;
  const tag = source.tag === undefined ? undefined : image.target.tag;
  const digest = form === 'tag' && tag !== undefined ? undefined : image.digest;
  const shownTag = form === 'digest' ? undefined : tag;
  return {
    registry,
    repository,
    ...(tag === undefined ? {} : { tag }),
    ...(digest === undefined ? {} : { digest }),
    text: `${name}${shownTag === undefined ? '' : `:${shownTag}`}${digest === undefined ? '' : `@${digest}`}`,
  };
}
