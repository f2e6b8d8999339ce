import type { MapNode, ScalarNode, SeqNode, YamlNode } from '../yaml/index.ts';
import { egressIn } from './egress/egress.ts';
import type { KeyFacts } from './keys.ts';
import { below, defaultOf, itemOf, type Place, pathOf } from './place.ts';
import { argumentReferences } from './places/arguments.ts';
import { schemaDefaults } from './places/crd.ts';
import { embeddedText } from './places/embedded.ts';
import { isBuilt } from './places/fields.ts';
import { PLACES } from './places/index.ts';
import { kustomizeImage } from './places/kustomize.ts';
import { releaseIn, sharedIn } from './places/shared.ts';
import { splitReferences } from './places/split.ts';
import { splitVariables } from './places/variables.ts';
import type { Search } from './search.ts';
import { isNull } from './shape.ts';
import type { Spot } from './spot.ts';

/** Walks the node at a place and collects what names images. */
export function walk(search: Search, place: Place, node: YamlNode): void {
  if (node.type === 'map') walkMap(search, place, node);
  else if (node.type === 'seq') walkSeq(search, place, node);
  else walkScalar(search, place, search.keys.of(place.key), node, undefined);
}

function walkMap(search: Search, place: Place, map: MapNode): void {
  const siblings = new Map<string, ScalarNode>();
  for (const { key, value } of map.entries) if (value?.type === 'scalar') siblings.set(key, value);
  if (siblings.get('kind')?.value === 'CustomResourceDefinition') {
    walkDefaults(search, place, map);
    return;
  }
  if (isIdlePatch(search, siblings)) return;
  const shared = sharedIn(map, siblings) ?? place.shared;
  const release = releaseIn(map, siblings) ?? place.release;
  const here = shared === place.shared && release === place.release ? place : { ...place, shared, release };
  if (siblings.size > 0) {
    if (place.key === 'images' && kustomizeImage(search, place, siblings)) return;
    const isKustomization = place.owner.kind === 'Kustomization';
    // a name alone is what to search for
    if (isKustomization && place.key === 'images') return;
    // a map's own registry is one of its pieces, a `global` in it is not
    if (!isKustomization) splitReferences(search, shared?.scope === 'release' ? here : place, map, siblings);
  }
  for (const { key, value } of map.entries) {
    if (value === undefined) continue;
    const facts = search.keys.of(key);
    // what ran, in objects read from a cluster: nothing is pulled for it
    const isStatus = key === 'status' && place.stepKind === 'start';
    if (facts.silent || isStatus || isBuilt(key, map)) continue;
    if (value.type !== 'scalar') walk(search, below(here, facts), value);
    else if (isWorthALook(search, here, facts, value, siblings) && !search.collector.isTaken(value))
      walkScalar(search, below(here, facts), facts, value, siblings);
  }
}

function walkSeq(search: Search, place: Place, list: SeqNode): void {
  const facts = search.keys.of(place.key);
  if (facts.words) argumentReferences(search, place, list);
  if (facts.env) splitVariables(search, place, list);
  for (const [index, item] of list.items.entries()) {
    if (item === undefined) continue;
    const here = itemOf(place, index);
    if (item.type !== 'scalar') walk(search, here, item);
    else if (!facts.words) walkScalar(search, here, facts, item, undefined);
    else {
      const spot: Spot = { search, place: here, facts, scalar: item, siblings: undefined };
      egressIn(spot, facts.key);
      embeddedText(spot);
    }
  }
}

function walkScalar(
  search: Search,
  place: Place,
  facts: KeyFacts,
  scalar: ScalarNode,
  siblings: ReadonlyMap<string, ScalarNode> | undefined,
): void {
  if (isNull(scalar)) return;
  const spot: Spot = { search, place, facts, scalar, siblings };
  for (const take of PLACES) if (take(spot)) return;
}

/** Most scalars are numbers and words under keys that say nothing: only a slash or text of its own can make those matter. */
function isWorthALook(
  search: Search,
  place: Place,
  facts: KeyFacts,
  scalar: ScalarNode,
  siblings: ReadonlyMap<string, ScalarNode>,
): boolean {
  if (facts.image || facts.images || facts.key === 'value' || facts.key === 'default' || place.images)
    return true;
  const { value } = scalar;
  return (
    value.includes('/') ||
    value.includes('\n') ||
    /^\s*[[{]/.test(value) ||
    (value.includes(':') && search.keys.of(place.key).image) ||
    siblings.get('kind')?.value === 'DockerImage'
  );
}

/** JSON Patch: `test` says what is there before (RFC 6902, 4.6), and others may write where nothing names an image that is pulled. */
function isIdlePatch({ keys }: Search, siblings: ReadonlyMap<string, ScalarNode>): boolean {
  const [operation, path] = [siblings.get('op')?.value, siblings.get('path')?.value];
  if (operation === undefined || path?.startsWith('/') !== true) return false;
  // RFC 6901, 4: `~1` stands for the slash
  const steps = path.split('/').map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
  return operation === 'test' || steps.some((step) => keys.of(step).silent);
}

/** A CRD: its schemas describe data, and only the defaults in them become data. */
function walkDefaults(search: Search, place: Place, crd: MapNode): void {
  const path = pathOf(place);
  for (const found of schemaDefaults(crd)) {
    const joined = path === '' || path.endsWith('#') ? `${path}${found.path}` : `${path}.${found.path}`;
    const property = search.keys.of(found.property);
    walk(search, { ...defaultOf(place.owner, joined, property), embedded: place.embedded }, found.node);
  }
}
