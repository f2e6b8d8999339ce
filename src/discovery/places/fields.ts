import type { MapNode } from '../../yaml/index.ts';
import type { Role } from '../roles.ts';
import { RULES, type Rule } from '../rules.ts';
import { schemeLength, shapeOf } from '../shape.ts';
import { type Spot, sibling } from '../spot.ts';
import { templateIn } from '../templates.ts';
import { atImagePlace, hasPathOrTag, isAddressOrPath, trimmed } from '../values.ts';
import { asList } from './lists.ts';

/** `image`, `sidecarImage`, `imageName`: the key says it. */
export function imageField(spot: Spot): boolean {
  if (!spot.facts.image) return false;
  // `osImage: [status, nodeInfo]`: a list of words below one image is a path or a choice
  if (spot.place.stepKind === 'index' && !hasPathOrTag(spot.scalar.value)) return false;
  return atImagePlace(spot, ruleFor(spot), spot.facts.key === 'image' ? 'strict' : 'usual');
}

/** A devfile's `image: {imageName, dockerfile}` says what to build, not what to pull (devfile 2.2, components[].image). */
export function isBuilt(key: string, map: MapNode): boolean {
  return (
    key === 'imageName' &&
    map.entries.some((entry) => entry.key === 'dockerfile' && entry.value?.type === 'map')
  );
}

/** In an object of the cluster the field is whole; in plain data (a chart's values) the rest of a word may stand elsewhere. */
function ruleFor(spot: Spot): Rule {
  const { text } = trimmed(spot.scalar);
  const plainData = spot.place.owner.kind === '';
  if (spot.place.metadata) return RULES.imageField;
  if (!plainData)
    return shapeOf(text.slice(schemeLength(text)), spot.search.registries) === 'none'
      ? RULES.imageField
      : RULES.fullImageField;
  return hasPathOrTag(text) || /[@$[{<]/.test(text) ? RULES.imageField : RULES.bareImageField;
}

const VALUE_KEYS = new Set(['value', 'default', 'name', 'url', 'reference', 'ref']);
const OPTION_KEYS = new Set(['options', 'values', 'choices']);

/** `image: {value: REF, options: [REF]}`. */
export function partOfImage(spot: Spot): boolean {
  const { value } = spot.scalar;
  const { keyAbove, metadata } = spot.place;
  if (metadata || !spot.search.keys.of(keyAbove).image) return false;
  if (spot.siblings === undefined)
    return OPTION_KEYS.has(spot.facts.key) && atImagePlace(spot, RULES.imageField);
  return (
    VALUE_KEYS.has(spot.facts.key) &&
    hasPathOrTag(value) &&
    !isAddressOrPath(value) &&
    atImagePlace(spot, RULES.imageField)
  );
}

/** `images: {registry: HOST, tag: v1}`: what all entries share. */
const ABOUT_ALL: ReadonlySet<Role | undefined> = new Set(['registry', 'tag', 'digest', 'version', 'release']);

/** `images: {gateway: REF}`, `images: [REF]`, `images: "a=REF;b=REF"`. */
export function imageMap(spot: Spot): boolean {
  const { facts, place, scalar } = spot;
  if (!facts.images && !place.images) return false;
  if (spot.siblings === undefined)
    return (facts.images || hasPathOrTag(scalar.value)) && atImagePlace(spot, RULES.imageMap);
  const isEntry = place.up?.images === true && !ABOUT_ALL.has(facts.role?.role) && !isAnotherPath(spot);
  if (isEntry && hasPathOrTag(scalar.value) && atImagePlace(spot, RULES.imageMap)) return true;
  if (!facts.images) return false;
  return asList(spot, 'named') || (hasPathOrTag(scalar.value) && atImagePlace(spot, RULES.imageMap));
}

/** `images: [{path: spec/x}, {build: {context: a/b}}]`: names, and paths further below, need the shape of a reference too. */
function isAnotherPath({ search, facts, place, scalar }: Spot): boolean {
  const isDirect = search.keys.of(place.keyAbove).images;
  const { text } = trimmed(scalar);
  if (isDirect && !facts.shapeless) return false;
  const isPinned = !facts.shapeless && text.includes(':');
  return (
    !isPinned &&
    templateIn(text) === undefined &&
    shapeOf(text.slice(schemeLength(text)), search.registries) === 'none'
  );
}

/** `{name: builder-image, default: REF}`. */
export function parameterDefault(spot: Spot): boolean {
  if (spot.facts.key !== 'default') return false;
  const name = sibling(spot, 'name');
  return name !== undefined && spot.search.keys.of(name).image && atImagePlace(spot, RULES.parameterDefault);
}

/** `{op: replace, path: /spec/containers/0/image, value: REF}`. */
export function patchValue(spot: Spot): boolean {
  if (spot.facts.key !== 'value') return false;
  const path = sibling(spot, 'path');
  const slash = path?.lastIndexOf('/') ?? -1;
  return (
    path !== undefined &&
    slash !== -1 &&
    spot.search.keys.of(path.slice(slash + 1)).image &&
    atImagePlace(spot, RULES.patchValue)
  );
}

/** OpenShift's reference to an image: `from: {kind: DockerImage, name: REF}` in ImageStreams, BuildConfigs and templates. */
export function dockerImageObject(spot: Spot): boolean {
  return (
    spot.facts.key === 'name' &&
    sibling(spot, 'kind') === 'DockerImage' &&
    atImagePlace(spot, RULES.dockerImageObject, 'strict')
  );
}

/** `docker://REF` means an image although it looks like a link; `oci://` may mean a chart and needs the shape of an image. */
export function dockerUrl(spot: Spot): boolean {
  return spot.scalar.value.startsWith('docker://') && atImagePlace(spot, RULES.dockerUrl);
}
