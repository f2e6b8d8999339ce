import { RULES } from '../rules.ts';
import type { Spot } from '../spot.ts';
import { atImagePlace, hasPathOrTag } from '../values.ts';

/** `spec.relatedImages[].image`. */
export function relatedImage(spot: Spot): boolean {
  return (
    spot.place.relatedImages && spot.facts.key === 'image' && atImagePlace(spot, RULES.csvRelated, 'strict')
  );
}

/** `metadata.annotations.containerImage` and others that end in -image. */
export function csvAnnotation(spot: Spot): boolean {
  const { key } = spot.facts;
  return (
    spot.place.owner.kind === 'ClusterServiceVersion' &&
    spot.place.keyAbove === 'annotations' &&
    (key === 'containerImage' || key.endsWith('-image')) &&
    hasPathOrTag(spot.scalar.value) &&
    atImagePlace(spot, RULES.csvAnnotation)
  );
}
