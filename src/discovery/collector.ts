import { tryParseReference } from '../oci/index.ts';
import { type ByteRange, positionOf, type ScalarNode, type YamlSource } from '../yaml/index.ts';
import { type Place, pathOf, ruleAt } from './place.ts';
import { RULES, type Rule } from './rules.ts';
import { TEMPLATE_REASONS } from './templates.ts';
import type { Confidence, Egress, ImageUse, ReferencePart, Unresolved } from './types.ts';

const RANK: Readonly<Record<Confidence, number>> = { certain: 2, likely: 1, possible: 0 };

interface Found {
  readonly reference: string;
  readonly range: ByteRange;
  readonly parts?: readonly ReferencePart[];
}

/** Collects what one file names, each byte range once: the surer finding stays. */
export class Collector {
  readonly #source: YamlSource;
  readonly #minimum: number;
  readonly #uses = new Map<string, ImageUse>();
  readonly #unresolved = new Map<number, Unresolved>();
  readonly #egress = new Map<number, Egress>();
  readonly #taken = new Set<string>();

  constructor(source: YamlSource, minConfidence: Confidence) {
    this.#source = source;
    this.#minimum = RANK[minConfidence];
  }

  /** In byte order. */
  get uses(): ImageUse[] {
    return inOrder(this.#uses);
  }

  get unresolved(): Unresolved[] {
    return inOrder(this.#unresolved);
  }

  get egress(): Egress[] {
    return inOrder(this.#egress);
  }

  /** True when this scalar is a piece of a reference already. */
  isTaken(scalar: ScalarNode): boolean {
    return this.#taken.size > 0 && this.#taken.has(rangeKey(scalar.range));
  }

  /** Marks scalars as pieces of a reference, so that they are not looked at alone. */
  take(scalars: readonly ScalarNode[]): void {
    for (const { range } of scalars) this.#taken.add(rangeKey(range));
  }

  use(rule: Rule, place: Place, found: Found): void {
    const parsed = tryParseReference(found.reference);
    if ('reason' in parsed) return;
    const { how, confidence, reason } = ruleAt(rule, place, RULES.crdDefault);
    if (RANK[confidence] < this.#minimum) return;
    // pieces may be shared (anchors, a registry above several images): only all of them together are the place
    const key = (found.parts ?? [found]).map(({ range }) => rangeKey(range)).join(' ');
    const known = this.#uses.get(key);
    if (known !== undefined && RANK[known.confidence] >= RANK[confidence]) return;
    const { namespace } = place.owner;
    const { file, document, kind, name, ...where } = this.#where(place, found.range);
    this.#uses.set(key, {
      reference: found.reference,
      parsed,
      file,
      document,
      kind,
      name,
      ...(namespace === undefined ? {} : { namespace }),
      ...where,
      ...(found.parts === undefined ? {} : { parts: found.parts }),
      how,
      confidence,
      reason,
    });
  }

  /** The `text` that stands `at` this index of the scalar's value names an image, but not which. */
  unknown(why: Unresolved['why'], place: Place, scalar: ScalarNode, text: string, at: number): void {
    this.unknownAt(why, place, scalar.rangeOf(at, at + text.length), text);
  }

  /** The same for a `text` that is put together from several places, of which `range` is the main one. */
  unknownAt(why: Unresolved['why'], place: Place, range: ByteRange, text: string): void {
    if (this.#unresolved.has(range[0])) return;
    this.#unresolved.set(range[0], {
      text,
      why,
      ...this.#where(place, range),
      reason: TEMPLATE_REASONS[why],
    });
  }

  /** A URL `at` this index of the scalar's value. */
  remote(url: string, host: string, place: Place, scalar: ScalarNode, at: number, reason: string): void {
    const range = scalar.rangeOf(at, at + url.length);
    if (this.#egress.has(range[0])) return;
    this.#egress.set(range[0], { url, host, ...this.#where(place, range), reason });
  }

  #where(place: Place, range: ByteRange) {
    const { document, kind, name } = place.owner;
    return {
      file: this.#source.path,
      document,
      kind,
      name,
      path: pathOf(place),
      ...positionOf(this.#source, range[0]),
      range,
    };
  }
}

function rangeKey(range: ByteRange): string {
  return `${range[0]}-${range[1]}`;
}

function inOrder<T extends { readonly range: ByteRange }>(found: ReadonlyMap<unknown, T>): T[] {
  return [...found.values()].sort((a, b) => a.range[0] - b.range[0] || a.range[1] - b.range[1]);
}
