import {
  type MapNode,
  parseEmbeddedAll,
  type ScalarNode,
  type SeqNode,
  type YamlNode,
} from '../yaml/index.ts';
import { argumentReferences, holdsArguments } from './arguments.ts';
import type { Collector, Place } from './context.ts';
import { egressIn } from './egress.ts';
import { RULES } from './rules.ts';
import { kustomizeImage, splitReferences } from './split.ts';
import { asList, atImagePlace, byShape, trimmed } from './values.ts';
import { isRelatedImage, namesImage, namesImageOf, namesImages } from './words.ts';

export interface WalkOptions {
  readonly collector: Collector;
  /** Flags that name images although they do not look so. */
  readonly knownFlags: ReadonlySet<string>;
}

/** Lists of containers in pod specs, devfiles and the resources that copy their shape. */
const CONTAINER_LISTS = new Set([
  'containers',
  'initContainers',
  'ephemeralContainers',
  'steps',
  'sidecars',
  'container',
  'stepTemplate',
  'sidecarContainers',
  'extraContainers',
  'extraInitContainers',
]);

/** Parts of an object in which nothing names an image that is pulled. */
const SILENT_KEYS = new Set([
  'labels',
  'matchLabels',
  'selector',
  'nodeSelector',
  'finalizers',
  'ownerReferences',
  'managedFields',
  'description',
  'displayName',
  'icon',
  '$ref',
  '_example',
  'rules',
  'apiGroups',
  'topologyKey',

  'title',
  'keywords',
  'maintainers',
  'caBundle',
  'tls.crt',
  'tls.key',
  'matchExpressions',
  'message',
  'iconData',
]);

/** Keys whose text is a link, an address or a name, whatever it looks like. */
const NOT_SHAPE =
  /^(?:name|kind|apiVersion|schedule|path|mountPath|subPath|hostPath|host|hosts|endpoint|endpoints|address|addresses|topic|channel|source|repository|repo|namespace|key|group|cluster|job|workspace|branch|revision|ref|commandLine|expr|query|uid|id|type|marker|serviceAccount|serviceAccountName|clusterIP|scheme)$/i;

/** Walks an object and collects what names images. */
export function walk(options: WalkOptions, place: Place, node: YamlNode, key: string): void {
  if (node.type === 'map') walkMap(options, place, node, key);
  else if (node.type === 'seq') walkSeq(options, place, node, key);
  else walkScalar(options, place, node, key);
}

function walkSeq(options: WalkOptions, place: Place, seq: SeqNode, key: string): void {
  if (holdsArguments(key)) argumentReferences(options.collector, place, seq, options.knownFlags);
  for (const [index, item] of seq.items.entries()) {
    if (item === undefined) continue;
    const here = { ...place, path: `${place.path}[${index}]` };
    if (item.type === 'scalar') {
      if (holdsArguments(key)) {
        egressIn(options.collector, here, key, item);
        embedded(options, here, item);
      } else if (
        (namesImages(key) || underImages(place)) &&
        atImagePlace(options.collector, RULES.imageMap, here, item, false)
      )
        continue;
      else if (
        isOptionsOfImage(place) &&
        atImagePlace(options.collector, RULES.imageField, here, item, false)
      )
        continue;
      else walkScalar(options, here, item, key);
    } else walk(options, here, item, key);
  }
}

function walkMap(options: WalkOptions, place: Place, map: MapNode, key: string): void {
  const { collector } = options;
  if (key === 'images' && kustomizeImage(collector, place, map)) return;
  const scalars = new Map<string, ScalarNode>();
  for (const entry of map.entries) if (entry.value?.type === 'scalar') scalars.set(entry.key, entry.value);
  if (place.owner.kind !== 'Kustomization') splitReferences(collector, place, map);
  const name = scalars.get('name')?.value;
  const patched = scalars.get('path')?.value;
  for (const entry of map.entries) {
    const { value } = entry;
    if (value === undefined || SILENT_KEYS.has(entry.key)) continue;
    const here: Place = { ...place, path: step(place.path, entry.key), keys: [...place.keys, entry.key] };
    if (value.type !== 'scalar') {
      walk(options, here, value, entry.key);
      continue;
    }
    if (collector.isTaken(value.rangeOf(0, value.value.trim().length))) continue;
    if (
      entry.key === 'image' &&
      scalars.size > 0 &&
      CONTAINER_LISTS.has(key) &&
      atImagePlace(collector, RULES.container, here, value, true)
    )
      continue;
    if (
      entry.key === 'reference' &&
      key === 'image' &&
      place.keys.includes('volumes') &&
      atImagePlace(collector, RULES.imageVolume, here, value, true)
    )
      continue;
    if (
      place.keys.includes('relatedImages') &&
      entry.key === 'image' &&
      atImagePlace(collector, RULES.csvRelated, here, value, true)
    )
      continue;
    if (isCsvAnnotation(place, entry.key) && atImagePlace(collector, RULES.csvAnnotation, here, value, false))
      continue;
    if (entry.key === 'value' && name !== undefined && variable(options, here, value, name)) continue;
    if (
      entry.key === 'default' &&
      name !== undefined &&
      namesImage(name) &&
      atImagePlace(collector, RULES.parameterDefault, here, value, false)
    )
      continue;
    if (
      entry.key === 'value' &&
      patched?.endsWith('/image') === true &&
      atImagePlace(collector, RULES.patchValue, here, value, false)
    )
      continue;
    walkScalar(options, here, value, entry.key);
  }
}

/** A variable or parameter, `{name, value}`. True when the value is settled. */
function variable(options: WalkOptions, place: Place, scalar: ScalarNode, name: string): boolean {
  const { collector } = options;
  const isEnv = place.keys.some((key) => /env/i.test(key));
  if (embedded(options, place, scalar)) return true;
  if (!isEnv) return namesImage(name) && atImagePlace(collector, RULES.imageField, place, scalar, false);
  const { text } = trimmed(scalar);
  const plural = namesImages(name);
  if (/[\n,;]/.test(text) && asList(collector, place, scalar, plural || namesImage(name))) return true;
  if (/^[^\s=/]+=[^\s=]+$/.test(text) && asList(collector, place, scalar, plural)) return true;
  if (isRelatedImage(name) || namesImage(name) || (namesImageOf(name) && text.includes('/'))) {
    if (
      !/^(?:https?:)?\/\//.test(text) &&
      !/^[./]/.test(text) &&
      atImagePlace(collector, RULES.envName, place, scalar, isRelatedImage(name))
    )
      return true;
  }
  if (byShape(collector, RULES.envShape, place, scalar)) return true;
  egressIn(collector, place, name, scalar);
  return true;
}

function walkScalar(options: WalkOptions, place: Place, scalar: ScalarNode, key: string): void {
  const { collector } = options;
  if (scalar.value.length < 2) return;
  if (embedded(options, place, scalar)) return;
  if (namesImage(key) && atImagePlace(collector, RULES.imageField, place, scalar, key === 'image')) return;
  if (
    (key === 'value' || key === 'default' || key === 'name' || key === 'url' || key === 'reference') &&
    isValueOfImage(place) &&
    !/^(?:https?:)?\/\//.test(scalar.value) &&
    /[/:]/.test(scalar.value) &&
    atImagePlace(collector, RULES.imageField, place, scalar, false)
  )
    return;
  if (
    underImages(place) &&
    /[/:]/.test(scalar.value) &&
    atImagePlace(collector, RULES.imageMap, place, scalar, false)
  )
    return;
  if (
    namesImages(key) &&
    (asList(collector, place, scalar, true) ||
      (/[/:]/.test(scalar.value) && atImagePlace(collector, RULES.imageMap, place, scalar, false)))
  )
    return;
  if (/^docker:\/\//.test(scalar.value) && atImagePlace(collector, RULES.imageField, place, scalar, false))
    return;
  if (!NOT_SHAPE.test(key) && !namesOtherThanImages(key)) {
    if (
      /[\n,;]/.test(scalar.value.trim()) &&
      scalar.value.includes('/') &&
      asList(collector, place, scalar, false)
    )
      return;
    if (/^[^\s=/]+=[^\s=]+$/.test(scalar.value.trim()) && asList(collector, place, scalar, false)) return;
    if (byShape(collector, RULES.shape, place, scalar)) return;
  }
  egressIn(collector, place, key, scalar);
}

/** Text that is itself JSON or YAML: its fields are walked. True when it was such text, images in it or not. */
function embedded(options: WalkOptions, place: Place, scalar: ScalarNode): boolean {
  const nodes = parseEmbeddedAll(scalar);
  if (nodes.length === 0) return goTemplate(options, place, scalar);
  for (const node of nodes) walk(options, { ...place, path: `${place.path}#`, embedded: true }, node, '');
  return true;
}

/** `image: REF` lines of a text that a template keeps from being YAML. */
const TEMPLATE_LINE =
  /^[ \t]*(?:- )?"?([A-Za-z][\w.-]*)"?:[ \t]*(?:"([^"\n]*)"|'([^'\n]*)'|([^\s#"'][^\n#]*?))[ \t]*,?[ \t]*(?:#.*)?$/gm;

function goTemplate(options: WalkOptions, place: Place, scalar: ScalarNode): boolean {
  const { value } = scalar;
  if (!value.includes('\n') || !/\{\{|\[\[|<%/.test(value) || !/image/i.test(value)) return false;
  let any = false;
  for (const match of value.matchAll(TEMPLATE_LINE)) {
    const key = match[1] ?? '';
    const text = match[2] ?? match[3] ?? match[4] ?? '';
    if (!namesImage(key) || text === '') continue;
    const at = match.index + match[0].indexOf(text, match[0].indexOf(':') + 1);
    const line: ScalarNode = {
      type: 'scalar',
      style: 'plain',
      value: text,
      range: scalar.rangeOf(at, at + text.length),
      rangeOf: (from, to) => scalar.rangeOf(at + from, at + to),
    };
    any =
      atImagePlace(
        options.collector,
        RULES.embeddedField,
        { ...place, path: step(`${place.path}#`, key), embedded: true },
        line,
        key === 'image',
      ) || any;
  }
  return any;
}

function isCsvAnnotation(place: Place, key: string): boolean {
  return (
    place.owner.kind === 'ClusterServiceVersion' &&
    place.keys.at(-1) === 'annotations' &&
    (key === 'containerImage' || key.endsWith('-image'))
  );
}

/** `image: {value: REF, options: [REF]}`. */
function isValueOfImage(place: Place): boolean {
  const parent = place.keys.at(-2);
  return parent !== undefined && namesImage(parent) && !place.keys.includes('metadata');
}

function isOptionsOfImage(place: Place): boolean {
  const [parent, own] = place.keys.slice(-2);
  return (
    (own === 'options' || own === 'values' || own === 'choices') && parent !== undefined && namesImage(parent)
  );
}

/** Below a key `images` whose values are references, not lists of objects about images. */
function underImages(place: Place): boolean {
  return place.keys.slice(0, -1).some((key) => namesImages(key)) && !place.keys.includes('status');
}

/** `imageRegistry`, `imagePullPolicy`, `imageVersion`: about images, none themselves. */
function namesOtherThanImages(key: string): boolean {
  return (
    /image/i.test(key) &&
    !namesImage(key) &&
    /(?:registry|repository|repo|policy|secret|tag|version|prefix)s?$/i.test(key)
  );
}

/** `spec.containers[0].image`; keys that are no plain words are quoted. */
function step(path: string, key: string): string {
  if (!/^[\w$-]+$/.test(key)) return `${path}[${JSON.stringify(key)}]`;
  return path === '' || path.endsWith('#') ? `${path}${key}` : `${path}.${key}`;
}
