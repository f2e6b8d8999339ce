import { SallyportError } from '../base/index.ts';
import type { Descriptor, Digest } from '../oci/index.ts';
import { type ContentStore, canListReferrers } from '../store/index.ts';

/**
 * Whether something is at the target. A refusal counts as "no": registries answer 401 or 403 for repositories that do not exist yet, and the
 * write will tell whether it is allowed (registry-client note 16).
 */
export function resolveAtTarget(
  to: ContentStore,
  selector: string,
  signal: AbortSignal,
): Promise<Descriptor | undefined> {
  return to.resolve(selector, { signal }).catch(refusedAs(undefined));
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
