import { parseEmbeddedAll } from '../../yaml/index.ts';
import { inside } from '../place.ts';
import type { Spot } from '../spot.ts';
import { nearYaml } from './near-yaml.ts';

/** Text that is itself JSON or YAML: its fields are walked. True when it was such text, images in it or not. */
export function embeddedText(spot: Spot): boolean {
  const { search, place, scalar } = spot;
  const nodes = parseEmbeddedAll(scalar);
  if (nodes.length === 0) return nearYaml(spot);
  const within = inside(place);
  for (const node of nodes) search.walk(search, within, node);
  return true;
}
