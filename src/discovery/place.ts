import type { ScalarNode } from '../yaml/index.ts';
import type { KeyFacts } from './keys.ts';
import type { Shared } from './places/shared.ts';
import type { Rule } from './rules.ts';

/** The object that a place belongs to. */
export interface OwnerObject {
  readonly document: number;
  readonly kind: string;
  readonly name: string;
  readonly namespace?: string;
  readonly apiVersion: string;
}

/** What the keys on the way down say about everything below them; worked out once per collection, not per scalar. */
interface Inherited {
  /** Inside JSON or YAML text of a scalar. */
  readonly embedded: boolean;
  /** Inside a CRD's `default`. */
  readonly crdDefault: boolean;
  /** Below a key that ends in `images`, outside of `status`. */
  readonly images: boolean;
  readonly status: boolean;
  readonly volumes: boolean;
  readonly relatedImages: boolean;
  /** Below a key with `env` in its name. */
  readonly env: boolean;
  readonly metadata: boolean;
  /** Below keys whose values are for people or are metadata. */
  readonly forPeople: boolean;
  /** What a map around this place names for all images below: `base: quay.io/team`. */
  readonly shared: Shared | undefined;
  /** The version that a map around this place names for all its `baseImage`. */
  readonly release: ScalarNode | undefined;
}

/** Where the walk stands: a node, and how it was reached. The path is only written out for what is found. */
export interface Place extends Inherited {
  readonly owner: OwnerObject;
  readonly up: Place | undefined;
  /** A key, an index, or the start of the path of an object: text that is taken as it is. */
  readonly step: string | number;
  readonly stepKind: 'start' | 'key' | 'index' | 'text';
  /** The nearest key, list indices left out; empty at the top. */
  readonly key: string;
  /** The key above that. */
  readonly keyAbove: string;
}

const NOTHING: Inherited = {
  embedded: false,
  crdDefault: false,
  images: false,
  status: false,
  volumes: false,
  relatedImages: false,
  env: false,
  metadata: false,
  forPeople: false,
  shared: undefined,
  release: undefined,
};

/** The top of an object; `path` is the way to it in its document. */
export function startOf(owner: OwnerObject, path: string): Place {
  return { ...NOTHING, owner, up: undefined, step: path, stepKind: 'start', key: '', keyAbove: '' };
}

/** A `default` of a CRD's schema at `path`: data of the property that it is the default of. */
export function defaultOf(owner: OwnerObject, path: string, property: KeyFacts): Place {
  return { ...startOf(owner, path), images: property.images, crdDefault: true, key: property.key };
}

/** The value of a key. */
export function below(place: Place, facts: KeyFacts): Place {
  const { key } = facts;
  const status = place.status || key === 'status';
  return {
    embedded: place.embedded,
    crdDefault: place.crdDefault,
    images: !status && (place.images || facts.images),
    status,
    volumes: place.volumes || key === 'volumes',
    relatedImages: place.relatedImages || key === 'relatedImages',
    env: place.env || facts.env,
    metadata: place.metadata || key === 'metadata',
    forPeople: place.forPeople || facts.forPeople,
    shared: place.shared,
    release: place.release,
    owner: place.owner,
    up: place,
    step: key,
    stepKind: 'key',
    key,
    keyAbove: place.key,
  };
}

/** An item of a list: it stands under the list's key. */
export function itemOf(place: Place, index: number): Place {
  return { ...place, up: place, step: index, stepKind: 'index' };
}

/** The text that a scalar holds. */
export function inside(place: Place): Place {
  return { ...place, embedded: true, up: place, step: '#', stepKind: 'text' };
}

/** `spec.containers[0].image`; keys that are no plain words are quoted, `#` steps into text. */
export function pathOf(place: Place): string {
  const before = place.up === undefined ? '' : pathOf(place.up);
  if (place.stepKind === 'start' || place.stepKind === 'text') return `${before}${place.step}`;
  if (place.stepKind === 'index') return `${before}[${place.step}]`;
  const key = String(place.step);
  if (!/^[\w$-]+$/.test(key)) return `${before}[${JSON.stringify(key)}]`;
  return before === '' || before.endsWith('#') ? `${before}${key}` : `${before}.${key}`;
}

/** The rule as it holds here: what stands in a CRD's `default` or in embedded text is less sure. */
export function ruleAt(rule: Rule, place: Place, crdDefault: Rule): Rule {
  if (place.crdDefault)
    return {
      ...rule,
      how: crdDefault.how,
      reason: crdDefault.reason,
      confidence: rule.confidence === 'certain' ? 'likely' : rule.confidence,
    };
  const byField = rule.how === 'field' || rule.how === 'shape';
  return place.embedded && byField && rule.confidence !== 'possible'
    ? { ...rule, how: 'embedded', confidence: 'likely' }
    : rule;
}
