import { SallyportError } from '../base/index.ts';
import { DEFAULTS, type Lock, NO_PULL_SECRET } from '../lock/index.ts';

/** Prefix below which the lock's images are at the target. Throws `LOCK_INVALID` when it names none. */
export function targetPrefixOf(lock: Lock): string {
  if (lock.target !== undefined) return lock.target.prefix;
  throw new SallyportError('LOCK_INVALID', 'names no target', {
    subject: lock.metadata.name,
    hint: 'Lock again with the target: sallyport lock --to HOST/PATH.',
  });
}

/** Name of the pull secret that nodes use for the target; undefined where they pull without. */
export function pullSecretOf({ target }: Lock): string | undefined {
  const name = target?.pullSecret?.name ?? DEFAULTS.pullSecret;
  return name === NO_PULL_SECRET ? undefined : name;
}
