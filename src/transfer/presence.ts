import { SallyportError } from '../base/index.ts';
import {
  type Descriptor,
  formatPlatform,
  isImageType,
  isManifestType,
  MANIFEST_LIMITS,
} from '../oci/index.ts';
import type { Remembered } from './brought.ts';
import type { PlanTools } from './plan.ts';
import { choosePlatforms } from './platforms.ts';
import { hasAtTarget, resolveAtTarget } from './target-questions.ts';
import type { CopyRequest } from './types.ts';

/**
 * Whether an image whose digest the target has under its tag is there with everything that this run wants. The tag was written last, so
 * what the run that wrote it wanted is there; it may have wanted less (other platforms, no signatures). What is remembered of that run
 * answers for nothing. An image for one platform has no less. Of an index that nobody here has written, the children are asked for, at
 * the target alone: the source is not needed for what is there.
 */
export async function isThereWhole(
  tools: PlanTools,
  request: CopyRequest,
  found: Descriptor,
): Promise<boolean> {
  // Without a tag, signatures come after the root.
  if (tools.recheck || (request.tag === undefined && request.referrers)) return false;
  const before = tools.memory?.recall(request, found.digest);
  if (before !== undefined) {
    if (request.referrers && !before.referrers) return false;
    if (isWithin(request.platforms, before)) return true;
  }
  return isImageType(found.mediaType) || hasBelow(tools, request, found, 0);
}

/** Of a whole image nobody knows whether it has a platform that was never asked for. */
function isWithin(wished: CopyRequest['platforms'], { whole, platforms }: Remembered): boolean {
  return wished.length === 0
    ? whole
    : wished.every((platform) => platforms.includes(formatPlatform(platform)));
}

async function hasBelow(
  tools: PlanTools,
  request: CopyRequest,
  { digest }: Descriptor,
  depth: number,
): Promise<boolean> {
  if (depth >= MANIFEST_LIMITS.depth) return false; // told where the image is planned
  const manifest = await tools.ask(() =>
    request.to.readManifest(digest, { signal: tools.signal }).catch((thrown: unknown) => {
      if (thrown instanceof SallyportError && thrown.code === 'MANIFEST_NOT_FOUND') return undefined;
      throw thrown;
    }),
  );
  if (manifest === undefined) return false;
  if (manifest.view.kind === 'image') return true;
  const { taken, missing } = choosePlatforms(manifest.view, request.platforms, request.source);
  if (missing.length > 0) return false; // told where the image is planned
  const there = await Promise.all(
    taken.map(async (child) => {
      if (!isManifestType(child.mediaType))
        return tools.ask(() => hasAtTarget(request.to, child, tools.signal));
      // Registries take no image manifest before its content.
      if (isImageType(child.mediaType))
        return (await tools.ask(() => resolveAtTarget(request.to, child.digest, tools.signal))) !== undefined;
      return hasBelow(tools, request, child, depth + 1);
    }),
  );
  return !there.includes(false);
}
