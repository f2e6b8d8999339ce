import { SallyportError } from '../base/index.ts';
import type { Descriptor, Digest } from '../oci/index.ts';
import { type ContentStore, canCompare, canListReferrers } from '../store/index.ts';

/** A descriptor, or the digest alone of what is still as it was. */
export type Found = Descriptor | Pick<Descriptor, 'digest'>;

/**
 * Whether something is at the target. A refusal counts as "no": registries answer 401 or 403 for repositories that do not exist yet, and the
 * write will tell whether it is allowed (registry-client note 16).
 */
export function resolveAtTarget(
  to: ContentStore,
  selector: string,
  signal: AbortSignal,
  last?: Digest,
): Promise<Found | undefined> {
  return resolveSince(to, selector, signal, last).catch(refusedAs(undefined));
}

/** `last`: what it was before, where no more has to be known than that it still is; that may cost less. */
export function resolveSince(
  store: ContentStore,
  selector: string,
  signal: AbortSignal,
  last: Digest | undefined,
): Promise<Found | undefined> {
  return last !== undefined && canCompare(store)
    ? store.resolveAgain(selector, last, { signal })
    : store.resolve(selector, { signal });
}

export function hasAtTarget(to: ContentStore, blob: Descriptor, signal: AbortSignal): Promise<boolean> {
  return to.hasBlob(blob, { signal }).catch(refusedAs(false));
}

/** What the target tells of a manifest's referrers; undefined when it cannot be asked or does not answer. */
export function referrersAtTarget(
  to: ContentStore,
  subject: Digest,
  signal: AbortSignal,
): Promise<readonly Descriptor[] | undefined> {
  return canListReferrers(to)
    ? to.referrers(subject, { signal }).catch(refusedAs(undefined))
    : Promise.resolve(undefined);
}

function refusedAs<T>(answer: T): (thrown: unknown) => T {
  return (thrown) => {
    if (thrown instanceof SallyportError && (thrown.code === 'FORBIDDEN' || thrown.code === 'UNAUTHORIZED'))
      return answer;
    throw thrown;
  };
}
