import { RULES } from '../rules.ts';
import type { Spot } from '../spot.ts';
import { byShape, trimmed } from '../values.ts';
import { asList, isAssignment } from './lists.ts';

/** Texts at places that say nothing, when their shape is that of a reference or of a list of them. */
export function shape(spot: Spot): boolean {
  if (spot.facts.shapeless || !spot.scalar.value.includes('/')) return false;
  const { text } = trimmed(spot.scalar);
  if ((/[\n,;]/.test(text) || isAssignment(text)) && asList(spot, 'unnamed')) return true;
  return byShape(spot, RULES.shape);
}
