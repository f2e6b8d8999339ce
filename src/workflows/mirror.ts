import { combineErrors, SallyportError, toSallyportError } from '../base/index.ts';
import type { Config, Lock, RegistryConfig } from '../lock/index.ts';
import { targetsFor } from '../lock/index.ts';
import {
  formatReference,
  normalizeReference,
  type Platform,
  parsePlatform,
  parseReference,
  selectorOf,
} from '../oci/index.ts';
import { createUploadJournal } from '../registry/index.ts';
import {
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
import { checkPullBudget } from './pull-budget.ts';
import { openRegistries, type Registries } from './registries.ts';
import { journalFolder } from './state-folder.ts';

export interface MirrorOptions {
  readonly registries: Readonly<Record<string, RegistryConfig>>;
  /** What to copy: a lock that names its targets, or a plain list below a prefix. */
  readonly what:
    | { readonly lock: Lock }
    | { readonly references: readonly string[]; readonly target: NonNullable<Config['target']> };
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
  readonly plan: Plan;
  /** Absent after a dry run. */
  readonly copied?: CopyResult;
  /** In its place when only a shard was moved. */
  readonly shard?: ShardResult & Shard;
  readonly failures: readonly SallyportError[];
}

/** Copies what the target lacks. Failures of single images are collected; what was copied stays. */
export async function mirrorImages(context: WorkflowContext, options: MirrorOptions): Promise<MirrorResult> {
  const wishes =
    'lock' in options.what ? lockWishes(options.what.lock, options) : listWishes(options.what, options);
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
    const plan = await planCopies(requests, { ...run, recheck: options.recheck ?? false });
    const planFailures = plan.failed.map(({ request, error }) => about(request.source, error));
    if (options.dryRun === true) return { plan, failures: planFailures };
    if (options.shard !== undefined) {
      const moved = await runShard(plan, options.shard, run);
      return {
        plan,
        shard: { ...moved, ...options.shard },
        failures: unique([...planFailures, ...moved.failures]),
      };
    }
    const ready =
      options.afterShards === true ? await waitForShards(plan, { ...run, clock: context.clock }) : plan;
    const copied = await runPlan(ready, run);
    const copyFailures = copied.images.flatMap((image) =>
      image.error === undefined ? [] : [about(image.source, image.error)],
    );
    const failures = unique([...planFailures, ...copyFailures]);
    whole = failures.length === 0;
    return { plan, copied, failures };
  } finally {
    await journal.close(whole);
    registries.close();
  }
}

/** What a lock asks for. Throws `LOCK_INVALID` when it names no target. */
function lockWishes(lock: Lock, options: MirrorOptions): Wish[] {
  const platforms = options.platforms.map(parsePlatform);
  return lock.images.map((image) => {
    if (image.target === undefined) {
      throw new SallyportError('LOCK_INVALID', 'names no target', {
        subject: image.reference,
        hint: 'Give the target with --to when locking: `sallyport lock --to HOST/PATH`.',
      });
    }
    return {
      reference: image.reference,
      digest: image.digest,
      pulls: 1 + (image.platforms.length > 1 ? image.platforms.length : 0) + image.referrers.length,
      target: image.target,
      platforms,
      referrers: options.referrers ?? true,
    };
  });
}

function listWishes(
  what: { readonly references: readonly string[]; readonly target: NonNullable<Config['target']> },
  options: MirrorOptions,
): Wish[] {
  const platforms = options.platforms.map(parsePlatform);
  const failures: SallyportError[] = [];
  const references = new Set<string>();
  for (const text of what.references) {
    try {
      references.add(normalizeReference(parseReference(text)));
    } catch (thrown) {
      failures.push(toSallyportError(thrown));
    }
  }
  if (failures.length > 0) throw combineErrors(failures, 'some lines of the list are not image references');
  const targets = targetsFor(
    [...references].map((reference) => ({ reference })),
    what.target,
  );
  return [...references].map((reference) => {
    const target = targets.get(reference);
    if (target === undefined)
      throw new SallyportError('INTERNAL', 'has no target name', { subject: reference });
    return { reference, pulls: 1, target, platforms, referrers: options.referrers ?? true };
  });
}

interface Wish {
  readonly pulls: number;
  readonly reference: string;
  readonly digest?: CopyRequest['digest'];
  readonly target: { readonly repository: string; readonly tag: string };
  readonly platforms: readonly Platform[];
  readonly referrers: boolean;
}

/** What makes two copies the same one, for the journal. */
function identity({ reference, digest, target }: Wish): { source: string; target: string } {
  return { source: `${reference}@${digest ?? ''}`, target: `${target.repository}:${target.tag}` };
}

function request(registries: Registries, wish: Wish): CopyRequest {
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
  const message = error.subject === undefined ? error.message : `${error.subject} ${error.message}`;
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
