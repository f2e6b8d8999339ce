import { combineErrors, SallyportError, toSallyportError } from '../base/index.ts';
import { type Lock, type TargetConfig, targetsFor } from '../lock/index.ts';
import {
  type Naming,
  normalizeReference,
  type Platform,
  parsePlatform,
  parsePrefix,
  parseReference,
} from '../oci/index.ts';
import type { CopyRequest } from '../transfer/index.ts';
import type { WorkflowContext } from './context.ts';
import { lockPulls } from './pull-budget.ts';

/** Where copies go, and how they are named there. */
export type MirrorTarget = Pick<TargetConfig, 'prefix' | 'naming'>;

/** What to copy: a lock, which names its target, or a plain list. Each goes below every target. */
export type MirrorSource =
  | {
      readonly lock: Lock;
      /** Prefixes in place of the lock's own target; none: that one. */
      readonly to?: readonly string[];
      /** In place of the lock's. */
      readonly naming?: Naming;
    }
  | { readonly references: readonly string[]; readonly targets: readonly MirrorTarget[] };

/** One image for one target. */
export interface MirrorWish {
  readonly reference: string;
  readonly digest?: CopyRequest['digest'];
  /** Manifests that have to be read at least. */
  readonly pulls: number;
  readonly target: { readonly repository: string; readonly tag: string };
  readonly platforms: readonly Platform[];
  readonly referrers: boolean;
}

export interface WishOptions {
  readonly what: MirrorSource;
  /** `os/arch[/variant]`; empty means all. */
  readonly platforms: readonly string[];
  /** Default true. */
  readonly referrers?: boolean;
}

/**
 * Every image for every target, and the targets' prefixes as `registry/path`. Throws `LOCK_INVALID` when nothing names a target,
 * `CONFLICTING_OPTIONS` for targets that lie in one another, `REFERENCE_INVALID` and `TARGET_COLLISION`.
 */
export function mirrorWishes(
  context: WorkflowContext,
  { what, platforms, referrers = true }: WishOptions,
): { readonly wishes: readonly MirrorWish[]; readonly targets: readonly string[] } {
  const targets = 'lock' in what ? lockTargets(what) : what.targets;
  const prefixes = separatePrefixes(targets);
  const images = 'lock' in what ? lockPulls(what.lock) : listImages(what.references);
  if ('lock' in what) noteOthers(context, what.lock, targets);
  const common = { platforms: platforms.map(parsePlatform), referrers };
  const wishes = targets.flatMap((target) => {
    const places = targetsFor(images, target);
    const own = 'lock' in what && isOwn(what.lock, target) ? ownPlaces(what.lock) : places;
    return images.map((image) => {
      const place = own.get(image.reference);
      if (place === undefined)
        throw new SallyportError('INTERNAL', 'has no target name', { subject: image.reference });
      return { ...image, ...common, target: place };
    });
  });
  return { wishes, targets: prefixes };
}

function lockTargets({ lock, to = [], naming }: Extract<MirrorSource, { lock: Lock }>): MirrorTarget[] {
  const prefixes = to.length > 0 || lock.target === undefined ? to : [lock.target.prefix];
  if (prefixes.length === 0)
    throw new SallyportError('LOCK_INVALID', 'names no target', {
      subject: 'the lock',
      hint: 'Say where to copy to: --to HOST/PATH, here or when locking.',
    });
  return prefixes.map((prefix) => ({ prefix, naming: naming ?? lock.target?.naming ?? 'nested' }));
}

function isOwn({ target }: Lock, { prefix, naming }: MirrorTarget): boolean {
  return (
    target !== undefined && target.naming === naming && normalPrefix(target.prefix) === normalPrefix(prefix)
  );
}

/** As they stand in the lock, so that what `render` wrote from it is what is there. */
function ownPlaces(lock: Lock): Map<string, MirrorWish['target']> {
  return new Map(
    lock.images.flatMap(({ reference, target }) => (target === undefined ? [] : [[reference, target]])),
  );
}

function listImages(lines: readonly string[]): Pick<MirrorWish, 'reference' | 'pulls'>[] {
  const failures: SallyportError[] = [];
  const references = new Set<string>();
  for (const text of lines) {
    try {
      references.add(normalizeReference(parseReference(text)));
    } catch (thrown) {
      failures.push(toSallyportError(thrown));
    }
  }
  if (failures.length > 0) throw combineErrors(failures, 'some lines of the list are not image references');
  return [...references].map((reference) => ({ reference, pulls: 1 }));
}

function normalPrefix(prefix: string): string {
  const { registry, path } = parsePrefix(prefix);
  return path === '' ? registry : `${registry}/${path}`;
}

/** A name below one target must never be a name below another. */
function separatePrefixes(targets: readonly MirrorTarget[]): string[] {
  const prefixes = targets.map(({ prefix }) => normalPrefix(prefix));
  for (const [index, inner] of prefixes.entries()) {
    const outer = prefixes.find((other, at) => at !== index && `${inner}/`.startsWith(`${other}/`));
    if (outer === undefined) continue;
    throw new SallyportError(
      'CONFLICTING_OPTIONS',
      outer === inner
        ? 'is given twice as a target'
        : `lies below ${outer}, which is a target too, so that names of both could be the same`,
      { subject: `--to ${inner}`, hint: 'Name each target once, none inside another.' },
    );
  }
  return prefixes;
}

function noteOthers(context: WorkflowContext, lock: Lock, targets: readonly MirrorTarget[]): void {
  const { target: own } = lock;
  const others = targets.filter((target) => !isOwn(lock, target)).map(({ prefix }) => prefix);
  if (own === undefined || others.length === 0) return;
  context.emit({
    type: 'note',
    level: 'warning',
    subject: others.join(', '),
    message: `is not the lock's target; manifests rendered from this lock name ${own.prefix} (${own.naming})`,
  });
}
