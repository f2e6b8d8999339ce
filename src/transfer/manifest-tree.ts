import { SallyportError } from '../base/index.ts';
import {
  blobsOf,
  type Descriptor,
  type Digest,
  formatPlatform,
  isForeign,
  isImageType,
  isManifestType,
  MANIFEST_LIMITS,
  type Platform,
  type RawManifest,
} from '../oci/index.ts';
import type { PlanTools } from './plan.ts';
import { choosePlatforms } from './platforms.ts';
import { resolveAtTarget } from './target-questions.ts';
import type { CopyRequest, PlannedManifest } from './types.ts';

/** Manifests below one root at the most, so that nested indexes cannot multiply without end. */
const MAX_MANIFESTS = 4 * MANIFEST_LIMITS.children;

export interface Tree {
  /** The root's own stage. */
  readonly stage: number;
  /** What lies below the root, and the root's blobs. */
  readonly below: readonly PlannedManifest[];
  readonly blobs: readonly Descriptor[];
  /** Children were left out because of the platforms. */
  readonly sparse: boolean;
  /** Wished platforms that an index does not list. */
  readonly missing: CopyRequest['platforms'];
  /** The root and the images below it that signatures can speak of. */
  readonly subjects: readonly Digest[];
}

/**
 * Everything that a manifest needs before it can be written. `askTarget`: whether children may be there already; they are then asked for, and
 * one that is there is trusted to be whole, since registries take no manifest before its content.
 */
export async function growTree(
  tools: PlanTools,
  request: CopyRequest,
  root: RawManifest,
  options: { readonly platforms: CopyRequest['platforms']; readonly askTarget: boolean },
): Promise<Tree> {
  const seen = new Set<Digest>([root.descriptor.digest]);
  const subjects = new Set<Digest>([root.descriptor.digest]);
  const below: PlannedManifest[] = [];
  let sparse = false;
  const lacking: Platform[] = [];

  const visit = async (
    manifest: RawManifest,
    depth: number,
  ): Promise<{ stage: number; blobs: readonly Descriptor[] }> => {
    const { view, descriptor } = manifest;
    if (view.kind === 'image') {
      noteForeign(tools, request, view.layers);
      return { stage: 0, blobs: blobsOf(view) };
    }
    const subject = `${request.source} (${descriptor.digest})`;
    if (depth >= MANIFEST_LIMITS.depth)
      throw new SallyportError(
        'MANIFEST_INVALID',
        `has indexes within indexes deeper than ${MANIFEST_LIMITS.depth}`,
        { subject },
      );
    const { taken, left, missing } = choosePlatforms(view, options.platforms, request.source);
    if (left.length > 0) sparse = true;
    lacking.push(...missing);
    if (missing.length > 0)
      note(tools, request, 'warning', `does not offer ${missing.map(formatPlatform).join(', ')}`);
    const children = taken.filter(({ digest, mediaType }) => isManifestType(mediaType) && !seen.has(digest));
    for (const { digest, platform } of children) {
      seen.add(digest);
      // Attestations (`unknown/unknown`) are what speaks of others.
      if (platform?.os !== 'unknown') subjects.add(digest);
    }
    if (seen.size > MAX_MANIFESTS)
      throw new SallyportError('MANIFEST_INVALID', `lists more than ${MAX_MANIFESTS} manifests`, { subject });
    const stages = await Promise.all(children.map((child) => visitChild(child, depth + 1)));
    return {
      stage: 1 + Math.max(-1, ...stages),
      // Entries of a kind that is no manifest are plain content (regclient tries the same).
      blobs: taken.filter(({ mediaType }) => !isManifestType(mediaType)),
    };
  };

  const visitChild = async (child: Descriptor, depth: number): Promise<number> => {
    if (options.askTarget && !tools.recheck && isImageType(child.mediaType)) {
      const there = await tools.ask(() => resolveAtTarget(request.to, child.digest, tools.signal));
      if (there?.digest === child.digest) {
        below.push({ descriptor: child, blobs: [], stage: 0, present: true });
        return 0;
      }
    }
    const manifest = await tools.ask(() => tools.sources.child(request.from, child));
    const { stage, blobs } = await visit(manifest, depth);
    below.push({ descriptor: manifest.descriptor, manifest, blobs, stage, present: false });
    return stage;
  };

  const { stage, blobs } = await visit(root, 0);
  return { stage, blobs, sparse, missing: lacking, below, subjects: [...subjects] };
}

function noteForeign(tools: PlanTools, request: CopyRequest, layers: readonly Descriptor[]): void {
  if (!layers.some(isForeign)) return;
  note(
    tools,
    request,
    'info',
    'has layers that by their kind stay where their URLs say; nodes fetch them from there',
  );
}

function note(tools: PlanTools, request: CopyRequest, level: 'info' | 'warning', message: string): void {
  tools.emit({ type: 'note', level, subject: request.source, message });
}
