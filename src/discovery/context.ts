import { tryParseReference } from '../oci/index.ts';
import { type ByteRange, positionOf, type ScalarNode, type YamlSource } from '../yaml/index.ts';
import type { Rule } from './rules.ts';
import { TEMPLATE_REASONS } from './templates.ts';
import type { Confidence, Egress, ImageUse, ReferencePart, Unresolved } from './types.ts';

/** The object that a place belongs to. */
export interface OwnerObject {
  readonly document: number;
  readonly kind: string;
  readonly name: string;
  readonly namespace?: string;
  readonly apiVersion: string;
}

/** Where the walk stands. */
export interface Place {
  readonly owner: OwnerObject;
  readonly path: string;
  /** Keys from the top of the object, list indices left out. */
  readonly keys: readonly string[];
  /** Inside JSON or YAML text of a scalar. */
  readonly embedded: boolean;
  /** Inside a CRD's `default`. */
  readonly crdDefault: boolean;
}

const RANK: Readonly<Record<Confidence, number>> = { certain: 2, likely: 1, possible: 0 };

/** Collects what one file names, each byte range once: the surer finding stays. */
export class Collector {
  readonly unresolved: Unresolved[] = [];
  readonly egress: Egress[] = [];
  readonly #source: YamlSource;
  readonly #minimum: number;
  readonly #uses = new Map<string, ImageUse>();
  readonly #taken = new Set<string>();

  constructor(source: YamlSource, minConfidence: Confidence) {
    this.#source = source;
    this.#minimum = RANK[minConfidence];
  }

  get uses(): ImageUse[] {
    return [...this.#uses.values()];
  }

  /** True when these bytes are part of a reference already (a piece of split fields). */
  isTaken(range: ByteRange): boolean {
    return this.#taken.has(`${range[0]}-${range[1]}`);
  }

  use(
    rule: Rule,
    place: Place,
    found: {
      readonly reference: string;
      readonly range: ByteRange;
      readonly parts?: readonly ReferencePart[];
    },
  ): void {
    const parsed = tryParseReference(found.reference);
    if ('reason' in parsed) return;
    const effective = place.crdDefault
      ? {
          ...rule,
          how: 'crd-default' as const,
          confidence: lower(rule.confidence),
          reason: 'the schema makes it the default of a field',
        }
      : place.embedded && (rule.how === 'field' || rule.how === 'shape') && rule.confidence !== 'possible'
        ? { ...rule, how: 'embedded' as const, confidence: 'likely' as const }
        : rule;
    if (RANK[effective.confidence] < this.#minimum) return;
    for (const part of found.parts ?? []) this.#taken.add(`${part.range[0]}-${part.range[1]}`);
    // Split references may share the bytes of a piece that is an alias; each is an image of its own.
    const key = `${found.range[0]}-${found.range[1]}${found.parts === undefined ? '' : ` ${found.reference}`}`;
    const known = this.#uses.get(key);
    if (known !== undefined && RANK[known.confidence] >= RANK[effective.confidence]) return;
    const { owner, path } = place;
    this.#uses.set(key, {
      reference: found.reference,
      parsed,
      file: this.#source.path,
      document: owner.document,
      kind: owner.kind,
      name: owner.name,
      ...(owner.namespace === undefined ? {} : { namespace: owner.namespace }),
      path,
      ...positionOf(this.#source, found.range[0]),
      range: found.range,
      ...(found.parts === undefined ? {} : { parts: found.parts }),
      how: effective.how,
      confidence: effective.confidence,
      reason: effective.reason,
    });
  }

  unknown(why: Unresolved['why'], place: Place, scalar: ScalarNode, text: string, at: number): void {
    const range = scalar.rangeOf(at, at + text.length);
    if (this.unresolved.some((known) => known.range[0] === range[0])) return;
    this.unresolved.push({ text, why, ...this.#where(place, range), reason: TEMPLATE_REASONS[why] });
  }

  remote(url: string, host: string, place: Place, scalar: ScalarNode, at: number, reason: string): void {
    const range = scalar.rangeOf(at, at + url.length);
    if (this.egress.some((known) => known.range[0] === range[0])) return;
    this.egress.push({ url, host, ...this.#where(place, range), reason });
  }

  #where(place: Place, range: ByteRange) {
    const { owner, path } = place;
    return {
      file: this.#source.path,
      document: owner.document,
      kind: owner.kind,
      name: owner.name,
      path,
      ...positionOf(this.#source, range[0]),
      range,
    };
  }
}

function lower(confidence: Confidence): Confidence {
  return confidence === 'certain' ? 'likely' : confidence;
}
