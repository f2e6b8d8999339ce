import { RULES } from '../rules.ts';
import type { Spot } from '../spot.ts';
import { byShape, trimmed } from '../values.ts';
import { asList, isAssignment } from './lists.ts';

/** Texts at places that say nothing, when their shape is that of a reference or of a list of them. */
export function shape(spot: Spot): boolean {
  if (spot.facts.shapeless || !spot.scalar.value.includes('/')) return false;
  const { text } = trimmed(spot.scalar);
  if (isAssignment(text)) {
    // kustomize's literals: `- BUILDER_IMAGE=REF`
    const name = text.slice(0, text.indexOf('='));
    if (asList(spot, spot.search.keys.of(name).image ? 'named' : 'unnamed')) return true;
  }
  // a file that holds nothing else, a reference a line, as many projects ship beside their manifests; YAML folds the lines
  const isFile = spot.place.stepKind === 'start' && /\s/.test(text);
  if (isFile && asList(spot, 'file')) return true;
  if (/[\n,;]/.test(text) && asList(spot, 'unnamed')) return true;
  return byShape(spot, RULES.shape);
}
