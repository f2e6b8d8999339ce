import { SallyportError } from '../base/index.ts';
import { type Digest, digestAlgorithm, formatPlatform, isDigest, type RawManifest } from '../oci/index.ts';
import { tellDropped } from './check-referrers.ts';
import { growTree } from './manifest-tree.ts';
import type { PlanTools } from './plan.ts';
import { isEnough, isThereWhole } from './presence.ts';
import { planSignatures } from './signatures.ts';
import { type Found, resolveAtTarget, resolveSince } from './target-questions.ts';
import type { CopyRequest, PlannedImage, PlannedManifest } from './types.ts';

/** Finds out what one image needs at its target. Throws what the stores throw, `DIGEST_MISMATCH`, `PLATFORM_MISSING`, `MANIFEST_INVALID`. */
export async function planImage(tools: PlanTools, request: CopyRequest): Promise<PlannedImage> {
  const first = await compareTags(tools, request);
  if (first.present !== undefined && (await isThereWhole(tools, request, first.present))) {
    const { digest } = first.present;
    const dropped = request.referrers ? (tools.memory?.recall(request, digest)?.dropped ?? []) : [];
    if (dropped.length > 0) tellDropped(tools.emit, request, dropped.length, 'before');
    return {
      request,
      digest,
      state: 'present',
      manifests: [],
      sparse: false,
      missing: [],
      ...(dropped.length === 0 ? {} : { dropped }),
    };
  }

  prepare(tools, request, first);
  const root = await tools.ask(() => tools.sources.root(request.from, request.selector));
  const { digest } = root.descriptor;
  if (request.digest !== undefined && digest !== request.digest) {
    throw new SallyportError('DIGEST_MISMATCH', `is now ${digest}, expected was ${request.digest}`, {
      subject: request.source,
      hint: 'The tag has moved since it was locked; lock again to take the new one.',
    });
  }
  const { platforms, tag } = request;
  const tree = await growTree(tools, request, root, {
    platforms,
    askTarget: first.there !== undefined || platforms.length > 0,
  });
  if (tree.sparse) noteSparse(tools, request, root);
  const signatures = request.referrers ? await planSignatures(tools, request, tree.subjects, tree.stage) : [];
  const rootThere = first.there === digest;
  const own = { descriptor: root.descriptor, manifest: root, blobs: tree.blobs };
  const last = Math.max(tree.stage, ...signatures.map(({ stage }) => stage)) + 1;
  const manifests: PlannedManifest[] = [
    ...tree.below,
    // By digest first where something refers to it, and where a tag would not keep the digest (registries make a tag's digest with sha256);
    // else the tag, which comes last, is enough.
    ...((signatures.some(({ present }) => !present) || digestAlgorithm(digest) !== 'sha256') &&
    !rootThere &&
    tag !== undefined
      ? [{ ...own, stage: tree.stage, present: false }]
      : []),
    ...signatures,
    {
      ...own,
      stage: tag === undefined ? tree.stage : last,
      present: rootThere && !tools.recheck,
      ...(tag === undefined ? {} : { tag }),
    },
  ];
  const state = manifests.every(({ present }) => present) ? 'present' : 'copy';
  return {
    request,
    digest,
    state,
    manifests: manifests.sort((a, b) => a.stage - b.stage),
    sparse: tree.sparse,
    missing: tree.missing,
  };
}

/** Begins to ask what will be needed, so that the answers come together with the manifest. What fails is told where it is waited for. */
function prepare(tools: PlanTools, request: CopyRequest, { there }: Compared): void {
  if (request.referrers) tools.tags.ofSource(request).catch(() => {});
  if (there !== undefined) tools.tags.hasTags(request);
  else tools.tags.isBare(request).catch(() => {});
}

interface Compared {
  /** What the target has under the tag. */
  readonly there: Digest | undefined;
  /** Set when that is what is wanted. */
  readonly present?: Found;
}

/** One question to the target, and one to the source when the digest is not known beforehand. */
async function compareTags(tools: PlanTools, request: CopyRequest): Promise<Compared> {
  const { from, to, tag, selector } = request;
  const locked = request.digest ?? (isDigest(selector) ? selector : undefined);
  const last = lastWhole(tools, request, locked);
  const askTarget = (what: string) => tools.ask(() => resolveAtTarget(to, what, tools.signal, last));
  const askSource = () => tools.ask(() => resolveSince(from, selector, tools.signal, last));
  if (locked !== undefined) return compared(locked, await askTarget(tag ?? locked));
  if (tag !== undefined) {
    const [source, target] = await Promise.all([askSource(), askTarget(tag)]);
    return compared(source?.digest, target);
  }
  const source = await askSource();
  return compared(source?.digest, source === undefined ? undefined : await askTarget(source.digest));
}

/** What the target named last, where an earlier run is remembered to have brought all of it: that it is so still is all that has to be heard. */
function lastWhole(tools: PlanTools, request: CopyRequest, locked: Digest | undefined): Digest | undefined {
  const { memory, recheck } = tools;
  if (memory === undefined || recheck) return undefined;
  const last = locked ?? (request.tag === undefined ? undefined : memory.lastOf(request, request.tag));
  return last !== undefined && isEnough(memory.recall(request, last), request) ? last : undefined;
}

function compared(wanted: Digest | undefined, target: Found | undefined): Compared {
  const there = target?.digest;
  return target !== undefined && wanted === there ? { there, present: target } : { there };
}

/** Once for all images: a note for each would bury every other. */
function noteSparse(tools: PlanTools, request: CopyRequest, root: RawManifest): void {
  if (root.view.kind !== 'index') return;
  const platforms = request.platforms.map(formatPlatform).join(', ');
  tools.once(`sparse ${platforms}`, () =>
    tools.emit({
      type: 'note',
      level: 'info',
      subject: 'platforms',
      message: `only ${platforms} of each image is copied; indexes keep all their entries and their digests. A later run for other platforms brings what is missing`,
    }),
  );
}
