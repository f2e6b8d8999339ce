import { SallyportError } from '../base/index.ts';
import type { Lock } from '../lock/index.ts';
import { type Digest, DOCKER_HUB, parseReference } from '../oci/index.ts';
import { describeLimit } from '../registry/index.ts';
import type { WorkflowContext } from './context.ts';
import type { Registries } from './registries.ts';

/** One image for one target, as far as its pulls go; without a target all of it has to be read. */
export interface PullWish {
  readonly reference: string;
  /** The digest that is wanted, where it is known. */
  readonly digest?: string | undefined;
  readonly target?: { readonly repository: string; readonly tag: string };
  /** Manifests that have to be read at least: the image's own, those of its platforms, and its signatures. */
  readonly pulls: number;
}

/** What the images of a lock cost when each is read: its own manifest, those of its platforms, and its signatures. */
export function lockPulls(lock: Lock): (Omit<PullWish, 'target'> & { readonly digest: Digest })[] {
  return lock.images.map(({ reference, digest, platforms, referrers }) => ({
    reference,
    digest,
    pulls: 1 + (platforms.length > 1 ? platforms.length : 0) + referrers.length,
  }));
}

/**
 * Compares what a copy has to pull from Docker Hub with what its limit leaves, before the first pull; asking costs none. Says both, and throws
 * `RATE_LIMITED` when it cannot be enough, unless the run waits for the window to pass. Registries that tell no limit are left alone.
 */
export async function checkPullBudget(
  context: WorkflowContext,
  registries: Registries,
  wishes: readonly PullWish[],
  wait: boolean,
): Promise<void> {
  const call = context.signal === undefined ? {} : { signal: context.signal };
  const limited = wishes.filter(({ reference }) => parseReference(reference).registry === DOCKER_HUB);
  const [first] = limited;
  if (first === undefined) return;
  const source = parseReference(first.reference);
  // Whatever is wrong with this one image is told when its turn comes.
  await registries
    .source(source)
    .resolve(first.digest ?? source.tag ?? 'latest', call)
    .catch(() => undefined);
  const limit = registries.sourceSession(DOCKER_HUB).pullGate.known();
  if (limit === undefined) return;
  const present = await Promise.all(
    limited.map(async ({ digest, target }) => {
      if (target === undefined) return false;
      const at = registries.target(parseReference(target.repository));
      const there = await at.resolve(target.tag, call).catch(() => undefined);
      return there !== undefined && there.digest === digest;
    }),
  );
  // Pulled once, however many targets lack it.
  const lacking = new Map(
    limited
      .filter((_, index) => present[index] !== true)
      .map(({ reference, digest, pulls }) => [`${reference}@${digest ?? ''}`, pulls]),
  );
  const needed = [...lacking.values()].reduce((sum, pulls) => sum + pulls, 0);
  if (needed === 0) return;
  const message = `at least ${needed} pulls are needed; ${limit.remaining} are left of ${describeLimit(limit)}`;
  if (needed <= limit.remaining || wait) {
    context.emit({
      type: 'note',
      level: needed <= limit.remaining ? 'info' : 'warning',
      subject: DOCKER_HUB,
      message: needed <= limit.remaining ? message : `${message}; the copy will wait for the window to pass`,
    });
    return;
  }
  throw new SallyportError('RATE_LIMITED', message, {
    subject: DOCKER_HUB,
    hint: 'Log in, wait, pass --wait-for-pulls, or set `mirror` for that host to a pull-through cache. Nothing was pulled.',
    facts: { needed, remaining: limit.remaining, limit: limit.limit },
  });
}
