import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { combineErrors, type EmitEvent, SallyportError } from '../base/index.ts';
import type { Config, Lock } from '../lock/index.ts';
import {
  type Descriptor,
  type Digest,
  nameOf,
  type Platform,
  parsePlatform,
  parseReference,
} from '../oci/index.ts';
import {
  type BundleFormat,
  BundleTarget,
  type BundleWriter,
  type ContentStore,
  findBundle,
  layOutBundle,
  startBundle,
  verifyBundle,
} from '../store/index.ts';
import { type CopyRequest, type Plan, type PlannedBlob, planCopies, runPlan } from '../transfer/index.ts';
import { bundleContent } from './bundle-content.ts';
import { bundleFiles } from './bundle-files.ts';
import { type Inventory, omittedBlobs } from './bundle-inventory.ts';
import { openReuse, type Reuse } from './bundle-reuse.ts';
import type { WorkflowContext } from './context.ts';
import type { Inputs } from './inputs.ts';
import { about, unique } from './mirror.ts';
import { checkPullBudget, lockPulls } from './pull-budget.ts';
import { openRegistries, type Registries } from './registries.ts';

export interface BundleCreateOptions {
  readonly config: Config;
  readonly lock: Lock;
  /** Read already, by whoever made the lock a moment ago. */
  readonly inputs?: Inputs;
  readonly configFile?: Buffer;
  /** Where the bundle goes. */
  readonly output: string;
  readonly format: BundleFormat;
  /** `os/arch[/variant]`; empty: all. */
  readonly platforms: readonly string[];
  /** Signatures, attestations and SBOMs travel too. */
  readonly referrers: boolean;
  /** The manifests travel too, as read and as rendered. */
  readonly manifests: boolean;
  /** Folders (OCI layouts) and bundles whose content is read before any registry is. */
  readonly reuse: readonly string[];
  /** What the target has already. */
  readonly since?: Inventory;
  /** Bytes of a part. */
  readonly partSize?: number;
  /** At the end of Docker Hub's pull limit wait for the window to pass. Default: stop. */
  readonly waitForPulls?: boolean;
  /** Plans only. */
  readonly dryRun: boolean;
}

/** All sizes are bytes. */
export interface BundleCreateResult {
  /** Empty after a dry run; the index of parts first. */
  readonly files: readonly string[];
  /** The digest of `SHA256SUMS`: the same content has the same. */
  readonly digest: Digest;
  readonly size: number;
  readonly images: number;
  readonly blobs: number;
  /** Read from registries. */
  readonly fetched: number;
  /** Taken from an interrupted run, an earlier bundle or a folder. */
  readonly reused: number;
  /** Left out because the target has it. */
  readonly omitted: number;
  /** The bundle was there already, every byte of it. */
  readonly unchanged: boolean;
}

/**
 * Makes a bundle: asks for everything first, lays every byte out, and then streams each blob to its place. Nothing has the bundle's name before all is
 * there and on the disk; what an interrupted run has left is kept and continued. Throws `USAGE`, `RATE_LIMITED`, `NO_SPACE`, `LOCKED`, `PARTIAL_FAILURE` and what copying throws.
 */
export async function createBundle(
  context: WorkflowContext,
  options: BundleCreateOptions,
): Promise<BundleCreateResult> {
  const path = resolve(context.cwd, options.output);
  if ((await stat(path).catch(() => undefined))?.isDirectory() === true)
    throw new SallyportError('USAGE', 'is a folder, and a bundle is a file', {
      subject: options.output,
      hint: `Name a file, for example ${join(options.output, 'che.bundle')}.`,
    });
  const platforms = choosePlatforms(options);
  const { waitForPulls = false } = options;
  const registries = openRegistries(context, options.config.registries, { waitForPulls });
  const reuse = await openReuse(context, [...options.reuse, options.output], options.output);
  try {
    await checkPullBudget(context, registries, lockPulls(options.lock), waitForPulls);
    const target = new BundleTarget(options.output);
    // A docker archive has no indexes, so that there is nothing to say of sparse ones.
    const emit: EmitEvent = (event) => {
      if (options.format === 'oci' || event.type !== 'note' || event.subject !== 'platforms')
        context.emit(event);
    };
    const run = { emit, ...(context.signal === undefined ? {} : { signal: context.signal }) };
    const planning = planCopies(requests(registries, target, options, platforms), run);
    planning.catch(() => {}); // told where it is awaited; what cannot be rendered comes first
    // While the registries answer.
    const files = await bundleFiles(context, options);
    const plan = await planning;
    const failed = plan.failed.map(({ request, error }) => about(request.source, error));
    if (failed.length > 0)
      throw combineErrors(unique(failed), `${failed.length} images cannot be bundled; nothing was written`);
    const omitted = omittedBlobs(options.since, plan);
    const content = bundleContent({
      plan,
      lock: options.lock,
      format: options.format,
      platforms,
      files,
      omitted,
    });
    const layout = layOutBundle(content);
    const summary = {
      digest: layout.digest,
      size: layout.total,
      images: content.info.images.length,
      blobs: layout.blobs.size,
      omitted: omitted.reduce((sum, { size }) => sum + size, 0),
    };
    const all = content.blobs.reduce((sum, { size }) => sum + size, 0);
    if (options.dryRun) {
      const reused = reusable(content.blobs, reuse);
      return { ...summary, files: [], fetched: all - reused, reused, unchanged: false };
    }
    const there = await unchanged(path, layout, options, context);
    if (there !== undefined) return { ...summary, files: there, fetched: 0, reused: all, unchanged: true };
    const writer = await startBundle({
      path,
      layout,
      ...(options.partSize === undefined ? {} : { partSize: options.partSize }),
      ...(context.signal === undefined ? {} : { signal: context.signal }),
    });
    target.attach(writer);
    const wanted = new Set(layout.blobs.keys());
    const { fetched, written } = await fill(context, { plan, wanted, writer, reuse });
    return { ...summary, files: written, fetched, reused: all - fetched, unchanged: false };
  } finally {
    await reuse.close();
    registries.close();
  }
}

/** A docker archive has one platform an image. */
function choosePlatforms({ format, platforms }: BundleCreateOptions): readonly Platform[] {
  if (format === 'docker-archive' && platforms.length !== 1)
    throw new SallyportError(
      'USAGE',
      platforms.length === 0
        ? 'holds one platform an image, and none was chosen'
        : `holds one platform an image, not ${platforms.length}`,
      { subject: '--format docker-archive', hint: 'Choose one, for example --platform linux/amd64.' },
    );
  return platforms.map(parsePlatform);
}

function requests(
  registries: Registries,
  target: BundleTarget,
  { lock, format, referrers }: BundleCreateOptions,
  platforms: readonly Platform[],
): CopyRequest[] {
  return lock.images.map((image) => {
    const source = parseReference(image.reference);
    return {
      source: image.reference,
      target: target.name,
      from: registries.source(source),
      to: target,
      toRegistry: 'bundle',
      toRepository: nameOf(source),
      selector: image.digest,
      digest: image.digest,
      platforms,
      // Signatures speak of what stands in the registry, which a docker archive does not keep.
      referrers: referrers && format === 'oci',
    };
  });
}

function reusable(blobs: readonly Descriptor[], reuse: Reuse): number {
  return blobs.reduce((sum, blob) => sum + (reuse.storesWith(blob).length > 0 ? blob.size : 0), 0);
}

/** The files of the bundle when they are there and every byte is right. */
async function unchanged(
  path: string,
  layout: { readonly digest: Digest; readonly total: number },
  { partSize }: BundleCreateOptions,
  context: WorkflowContext,
): Promise<readonly string[] | undefined> {
  const found = await findBundle(path);
  if (found?.size !== layout.total || found.partSize !== partSize) return undefined;
  const report = await verifyBundle({
    path,
    ...(context.signal === undefined ? {} : { signal: context.signal }),
  });
  return report.problems.length === 0 && report.digest === layout.digest ? found.files : undefined;
}

async function fill(
  context: WorkflowContext,
  options: {
    readonly plan: Plan;
    readonly wanted: ReadonlySet<Digest>;
    readonly writer: BundleWriter;
    readonly reuse: Reuse;
  },
): Promise<{ readonly fetched: number; readonly written: readonly string[] }> {
  const { plan, wanted, writer, reuse } = options;
  let finished = false;
  try {
    const local = new Set<ContentStore>();
    const blobs = plan.blobs.map((item): PlannedBlob => {
      const { blob } = item;
      if (!wanted.has(blob.digest) || writer.has(blob.digest)) return { ...item, action: 'present' };
      const stores = reuse.storesWith(blob);
      for (const store of stores) local.add(store);
      return { ...item, from: [...stores, ...item.from] };
    });
    const missing = new Map(
      blobs.flatMap(({ action, blob }) => (action === 'copy' ? [[blob.digest, writer.missing(blob)]] : [])),
    );
    const bytesToSend = [...missing.values()].reduce((sum, bytes) => sum + bytes, 0);
    let fetched = 0;
    const { signal, emit, clock } = context;
    emit({
      type: 'plan',
      images: plan.images.length,
      blobs: blobs.length,
      bytesToSend,
      bytesPresent: plan.bytesToSend - bytesToSend,
      bytesMountable: 0,
    });
    const result = await runPlan(
      { ...plan, blobs, bytesToSend },
      {
        emit,
        clock,
        // What lay here can turn out to be damaged, and then comes from the registry after all.
        onCopied: ({ digest }, from) => {
          if (!local.has(from)) fetched += missing.get(digest) ?? 0;
        },
        ...(signal === undefined ? {} : { signal }),
      },
    );
    const failures = result.images.flatMap((image) =>
      image.error === undefined ? [] : [about(image.source, image.error)],
    );
    if (failures.length > 0)
      throw combineErrors(
        unique(failures),
        `${failures.length} images could not be bundled; what was read is kept, and the same command continues`,
      );
    const written = await writer.finish(signal);
    finished = true;
    return { fetched, written };
  } finally {
    if (!finished) await writer.close();
  }
}
