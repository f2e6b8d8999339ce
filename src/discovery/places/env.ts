import { egressIn } from '../egress/egress.ts';
import { RULES } from '../rules.ts';
import { shapeOf } from '../shape.ts';
import { type Spot, sibling } from '../spot.ts';
import { atImagePlace, byShape, isAddressOrPath, trimmed } from '../values.ts';
import { isRelatedImage } from '../words.ts';
import { embeddedText } from './embedded.ts';
import { asList, isAssignment } from './lists.ts';

/** `{name, value}`: a variable below a key with `env` in its name, or a parameter. A variable is settled here, whatever it holds. */
export function variable(spot: Spot): boolean {
  if (spot.facts.key !== 'value') return false;
  const name = sibling(spot, 'name');
  if (name === undefined) return false;
  if (embeddedText(spot)) return true;
  const named = spot.search.keys.of(name);
  if (!spot.place.env) return named.image && atImagePlace(spot, RULES.imageField);
  const { text } = trimmed(spot.scalar);
  if (/[\n,;]/.test(text) && asList(spot, named.images || named.image ? 'named' : 'unnamed')) return true;
  if (isAssignment(text) && asList(spot, named.images ? 'named' : 'unnamed')) return true;
  const related = isRelatedImage(name);
  if (
    (related || named.image || (named.imageOf && text.includes('/'))) &&
    !isAddressOrPath(text) &&
    atImagePlace(spot, RULES.envName, related ? 'strict' : 'usual')
  )
    return true;
  if (
    named.container &&
    shapeOf(text, spot.search.registries) !== 'none' &&
    atImagePlace(spot, RULES.envName)
  )
    return true;
  if (!byShape(spot, RULES.envShape)) egressIn(spot, name);
  return true;
}
