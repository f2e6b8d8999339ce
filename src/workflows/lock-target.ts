import { SallyportError } from '../base/index.ts';
import type { Lock } from '../lock/index.ts';

/** Prefix below which the lock's images are at the target. Throws `LOCK_INVALID` when it names none. */
export function targetPrefixOf(lock: Lock): string {
  if (lock.target !== undefined) return lock.target.prefix;
  throw new SallyportError('LOCK_INVALID', 'names no target', {
    subject: lock.metadata.name,
    hint: 'Lock again with the target: sallyport lock --to HOST/PATH.',
  });
}
