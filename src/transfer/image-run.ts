import type { SallyportError } from '../base/index.ts';
import { blobKey } from './plan-blobs.ts';
import type { PlannedImage } from './types.ts';

/** An image while it is copied. */
export interface ImageRun {
  readonly image: PlannedImage;
  /** The blobs that it waits for, by `blobKey`. */
  readonly needs: ReadonlySet<string>;
  /** Set when it cannot be finished any more; what only it needs is then left out. */
  error?: SallyportError;
}

export function createImageRun(image: PlannedImage): ImageRun {
  const { toRegistry, toRepository } = image.request;
  const needs = new Set<string>();
  for (const { blobs, present } of image.manifests) {
    if (!present) for (const blob of blobs) needs.add(blobKey(toRegistry, toRepository, blob));
  }
  return { image, needs };
}
