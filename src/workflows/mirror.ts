import { SallyportError, toSallyportError } from '../base/index.ts';
import type { RegistryConfig } from '../lock/index.ts';
import { formatReference, parsePrefix, parseReference, selectorOf } from '../oci/index.ts';
import { createUploadJournal } from '../registry/index.ts';
import {
  broughtBy,
  type CopyRequest,
  type CopyResult,
  type Plan,
  planCopies,
  runPlan,
  runShard,
  type Shard,
  type ShardResult,
  waitForShards,
} from '../transfer/index.ts';
import type { WorkflowContext } from './context.ts';
import { openCopyMemory } from './copy-memory.ts';
import { journalFolder } from './journal-folder.ts';
import { type MirrorSource, type MirrorWish, mirrorWishes } from './mirror-wishes.ts';
import { checkPullBudget } from './pull-budget.ts';
import { openRegistries, type Registries } from './registries.ts';

/** As many as a registry without a `concurrency` of its own takes at first (`registry/lanes.ts`). */
const DEFAULT_PLACES = 8;

export interface MirrorOptions {
  readonly registries: Readonly<Record<string, RegistryConfig>>;
  readonly what: MirrorSource;
  /** `os/arch[/variant]`; empty means all. */
  readonly platforms: readonly string[];
  /** Plans only. */
  readonly dryRun?: boolean;
  /** Signatures, attestations and SBOMs travel too. Default true. */
  readonly referrers?: boolean;
  /** Looks at every manifest and blob even where the target's tag already has the right digest. */
  readonly recheck?: boolean;
  /** At the end of Docker Hub's pull limit: wait for the window to pass instead of failing. */
  readonly waitForPulls?: boolean;
  /** Only the blobs of this shard, and no manifest. */
  readonly shard?: Shard;
  /** Waits for the blobs that shards bring elsewhere, then finishes. */
  readonly afterShards?: boolean;
}

export interface MirrorResult {
  /** The prefixes that were copied to, as `registry/path`, when there were several. */
  readonly targets?: readonly string[];
  readonly plan: Plan;
  /** Absent after a dry run. */
  readonly copied?: CopyResult;
  /** In its place when only a shard was moved. */
  readonly shard?: ShardResult & Shard;
  readonly failures: readonly SallyportError[];
}

/**
 * Copies what the targets lack; with several, each blob is read from its source once for all of them. Failures of single images at single
 * targets are collected; what was copied stays. Throws what `mirrorWishes` throws.
 */
export async function mirrorImages(context: WorkflowContext, options: MirrorOptions): Promise<MirrorResult> {
  const { wishes, targets } = mirrorWishes(context, options);
  const several = targets.length > 1;
  const name = (image: { readonly source: string; readonly target: string }): string =>
    several ? `${image.source} → ${image.target}` : image.source;
  const journal = createUploadJournal({
    folder: journalFolder(context, wishes.map(identity)),
    clock: context.clock,
    emit: context.emit,
  });
  const registries = openRegistries(context, options.registries, {
    journal,
    waitForPulls: options.waitForPulls ?? false,
  });
  let whole = false;
  try {
    await checkPullBudget(context, registries, wishes, options.waitForPulls ?? false);
    const requests = wishes.map((wish) => request(registries, wish));
    const run = { emit: context.emit, ...(context.signal === undefined ? {} : { signal: context.signal }) };
    const memory = openCopyMemory(context);
    const plan = await planCopies(requests, { ...run, memory, recheck: options.recheck ?? false });
    const common = several ? { targets } : {};
    const planFailures = plan.failed.map(({ request, error }) => about(name(request), error));
    if (options.dryRun === true) return { ...common, plan, failures: planFailures };
    if (options.shard !== undefined) {
      const moved = await runShard(plan, options.shard, run);
      return {
        ...common,
        plan,
        shard: { ...moved, ...options.shard },
        failures: unique([...planFailures, ...moved.failures]),
      };
    }
    const ready =
      options.afterShards === true ? await waitForShards(plan, { ...run, clock: context.clock }) : plan;
    const largeBlobs = several ? placesOf(options.registries, targets) : undefined;
    const copied = await runPlan(ready, {
      ...run,
      ...(largeBlobs === undefined ? {} : { concurrency: { largeBlobs } }),
    });
    memory.keep(broughtBy(plan, copied));
    const copyFailures = copied.images.flatMap((image) =>
      image.error === undefined ? [] : [about(name(image), image.error)],
    );
    const failures = unique([...planFailures, ...copyFailures]);
    whole = failures.length === 0;
    return { ...common, plan, copied, failures };
  } finally {
    await journal.close(whole);
    registries.close();
  }
}

/** Blobs that have a place at every target: with more, some would hold one at one target while they wait for one at another. */
function placesOf(registries: MirrorOptions['registries'], targets: readonly string[]): number {
  const limits = targets.flatMap((target) => registries[parsePrefix(target).registry]?.concurrency ?? []);
  return Math.min(DEFAULT_PLACES, ...limits);
}

/** What makes two copies the same one, for the journal. */
function identity({ reference, digest, target }: MirrorWish): { source: string; target: string } {
  return { source: `${reference}@${digest ?? ''}`, target: `${target.repository}:${target.tag}` };
}

function request(registries: Registries, wish: MirrorWish): CopyRequest {
  const source = parseReference(wish.reference);
  const target = parseReference(wish.target.repository);
  return {
    source: wish.reference,
    target: formatReference({ ...target, tag: wish.target.tag }),
    from: registries.source(source),
    to: registries.target(target),
    toRegistry: target.registry,
    toRepository: target.repository,
    selector: wish.digest ?? selectorOf(source),
    ...(wish.digest === undefined ? {} : { digest: wish.digest }),
    tag: wish.target.tag,
    platforms: wish.platforms,
    referrers: wish.referrers,
  };
}

/** The failure with the image that it is about. */
export function about(source: string, thrown: unknown): SallyportError {
  const error = toSallyportError(thrown);
  if (error.subject?.includes(source) === true) return error;
  const message = error.subject === undefined ? error.message : `${error.subject}: ${error.message}`;
  return new SallyportError(error.code, message, {
    subject: source,
    hint: error.hint,
    cause: error.cause,
    facts: error.facts,
    parts: error.parts,
  });
}

/** Each failure once. */
export function unique(errors: readonly SallyportError[]): SallyportError[] {
  const seen = new Set<string>();
  return errors.filter((error) => {
    const key = `${error.code} ${error.subject ?? ''}`;
    return seen.has(key) ? false : seen.add(key);
  });
}
