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
import { type Found, hasAtTarget, resolveAtTarget } from './target-questions.ts';
import type { CopyRequest } from './types.ts';

/**
 * Whether an image whose digest the target has under its tag is there with everything that this run wants. The tag was written last, so
 * what the run that wrote it wanted is there; it may have wanted less (other platforms, no signatures). What is remembered of that run
 * answers for nothing. An image for one platform has no less. Of an index that nobody here has written, the children are asked for, at
 * the target alone: the source is not needed for what is there.
 */
export async function isThereWhole(tools: PlanTools, request: CopyRequest, found: Found): Promise<boolean> {
  // Without a tag, signatures come after the root.
  if (tools.recheck || (request.tag === undefined && request.referrers)) return false;
  const before = tools.memory?.recall(request, found.digest);
  if (isEnough(before, request)) return true;
  if (request.referrers && before?.referrers === false) return false;
  return ('mediaType' in found && isImageType(found.mediaType)) || hasBelow(tools, request, found, 0);
}

/** Whether what was brought before is all that is wanted now. */
export function isEnough(before: Remembered | undefined, wished: CopyRequest): boolean {
  return (
    before !== undefined && (before.referrers || !wished.referrers) && isWithin(wished.platforms, before)
  );
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
  { digest }: Pick<Descriptor, 'digest'>,
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
