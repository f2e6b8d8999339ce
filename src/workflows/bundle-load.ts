import { resolve } from 'node:path';
import { SallyportError } from '../base/index.ts';
import { type Lock, type RegistryConfig, readLock, targetsFor } from '../lock/index.ts';
import {
  formatReference,
  type Naming,
  nameOf,
  parsePlatform,
  parseReference,
  type Reference,
} from '../oci/index.ts';
import { createUploadJournal } from '../registry/index.ts';
import { type Bundle, type BundledImage, openBundle } from '../store/index.ts';
import { type CopyRequest, type Plan, planCopies, runPlan } from '../transfer/index.ts';
import { BUNDLED_LOCK } from './bundle-files.ts';
import type { WorkflowContext } from './context.ts';
import { journalFolder } from './journal-folder.ts';
import { about, type MirrorResult, unique } from './mirror.ts';
import { openRegistries, type Registries } from './registries.ts';

export interface BundleLoadOptions {
  readonly file: string;
  readonly registries: Readonly<Record<string, RegistryConfig>>;
  /** `HOST/PATH` to load to; undefined: where the lock in the bundle says. */
  readonly prefix?: string;
  /** Undefined: as the lock says. */
  readonly naming?: Naming;
  readonly dryRun: boolean;
  readonly referrers: boolean;
  /** Looks at every blob even where the tag at the target is right already. */
  readonly recheck: boolean;
}

/**
 * Pushes what the target lacks, every byte hashed on the way, the tags last. Throws `BUNDLE_INVALID`, `DIGEST_MISMATCH`, `USAGE` without a target;
 * failures of single images are collected.
 */
export async function loadBundle(
  context: WorkflowContext,
  options: BundleLoadOptions,
): Promise<MirrorResult> {
  const { signal, emit, clock } = context;
  const abort = signal === undefined ? {} : { signal };
  const bundle = await openBundle({ path: resolve(context.cwd, options.file), ...abort });
  try {
    const lock = await bundledLock(bundle, options.file);
    const wishes = loadWishes(context, bundle, lock, options);
    // The same images to the same places find what a killed run left open, from whichever bundle they come.
    const journal = createUploadJournal({
      folder: journalFolder(context, wishes.map(identity)),
      clock,
      emit,
    });
    const registries = openRegistries(context, options.registries, { journal });
    let whole = false;
    try {
      const requests = wishes.map((wish) => request(bundle, registries, wish, options));
      const planned = await planCopies(requests, { emit, ...abort, recheck: options.recheck });
      const plan = withOmitted(planned, bundle, registries);
      const planFailures = plan.failed.map(({ request: { source }, error }) => about(source, error));
      if (options.dryRun) return { plan, failures: planFailures };
      const copied = await runPlan(plan, { emit, clock, ...abort });
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
  } finally {
    await bundle.close();
  }
}

/** The lock that travelled along. Throws `LOCK_INVALID`, `BUNDLE_INVALID`. */
export async function bundledLock(bundle: Bundle, file: string): Promise<Lock> {
  return readLock({ path: `${file} (${BUNDLED_LOCK})`, bytes: await bundle.readFile(BUNDLED_LOCK) });
}

/** One image and where it goes. */
interface LoadWish {
  readonly image: BundledImage;
  readonly target: Reference;
  readonly tag: string;
}

function loadWishes(
  context: WorkflowContext,
  bundle: Bundle,
  lock: Lock,
  options: BundleLoadOptions,
): LoadWish[] {
  const { images } = bundle.info;
  const prefix = options.prefix ?? lock.target?.prefix;
  if (prefix === undefined)
    throw new SallyportError('USAGE', 'names no target', {
      subject: options.file,
      hint: 'Say where to load it: --to HOST/PATH.',
    });
  const naming = options.naming ?? lock.target?.naming ?? 'nested';
  if (lock.target !== undefined && (lock.target.prefix !== prefix || lock.target.naming !== naming))
    context.emit({
      type: 'note',
      level: 'warning',
      subject: options.file,
      message: `its lock and its rendered manifests are made for ${lock.target.prefix} (${lock.target.naming}); loading into ${prefix} (${naming}), so render again before you apply: sallyport lock --to ${prefix}, then sallyport render`,
    });
  refuseContradiction(bundle, lock, options.file);
  const targets = targetsFor(
    images.map(({ reference, digest }) => ({ reference, digest })),
    { prefix, naming },
  );
  return images.map((image) => {
    const place = targets.get(image.reference);
    if (place === undefined)
      throw new SallyportError('INTERNAL', 'has no target name', { subject: image.reference });
    return { image, target: parseReference(place.repository), tag: place.tag };
  });
}

/** What makes two loads the same one, for the journal. */
function identity({ image, target, tag }: LoadWish): { source: string; target: string } {
  return {
    source: `${image.reference}@${image.digest}`,
    target: `${target.registry}/${target.repository}:${tag}`,
  };
}

function request(
  bundle: Bundle,
  registries: Registries,
  { image: { reference, digest }, target, tag }: LoadWish,
  { referrers }: BundleLoadOptions,
): CopyRequest {
  const { platforms, format } = bundle.info;
  return {
    source: reference,
    target: formatReference({ ...target, tag }),
    from: bundle.repository(nameOf(parseReference(reference))),
    to: registries.target(target),
    toRegistry: target.registry,
    toRepository: target.repository,
    selector: digest,
    digest,
    tag,
    platforms: format === 'oci' ? platforms.map(parsePlatform) : [],
    referrers,
  };
}

/** The lock that is read and the images that are pushed must be the same. A docker archive holds one platform of each, under another digest. */
function refuseContradiction(bundle: Bundle, lock: Lock, file: string): void {
  if (bundle.info.format !== 'oci') return;
  const held = new Map(bundle.info.images.map(({ reference, digest }) => [reference, digest]));
  const wrong = lock.images.find(({ reference, digest }) => held.get(reference) !== digest);
  if (wrong === undefined && held.size === lock.images.length) return;
  throw new SallyportError(
    'BUNDLE_INVALID',
    wrong === undefined
      ? 'holds images that its lock does not name'
      : `does not hold ${wrong.reference} as its lock names it (${wrong.digest})`,
    { subject: file },
  );
}

/** What the bundle leaves out is where the inventory saw it: mounted from that repository of the target, or read there where nothing is mounted. */
function withOmitted(plan: Plan, bundle: Bundle, registries: Registries): Plan {
  const elsewhere = new Map(bundle.info.omitted.map((blob) => [blob.digest, blob.in.map(parseReference)]));
  let mountable = 0;
  const blobs = plan.blobs.map((item) => {
    const places = elsewhere.get(item.blob.digest) ?? [];
    if (places.length === 0) return item;
    const from = [...places.map((place) => registries.target(place)), ...item.from];
    const near = places.find(({ registry }) => registry === item.toRegistry);
    if (item.action !== 'copy' || near === undefined || near.repository === item.toRepository)
      return { ...item, from };
    mountable += item.blob.size;
    return { ...item, from, action: 'mount' as const, mountFrom: near.repository };
  });
  return {
    ...plan,
    blobs,
    bytesToSend: plan.bytesToSend - mountable,
    bytesMountable: plan.bytesMountable + mountable,
  };
}
