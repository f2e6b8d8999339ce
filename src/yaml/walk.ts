import { readWithLibrary } from './library.ts';
import { checkCharacters, problemIn } from './parse.ts';
import { TextScalar } from './scalar.ts';
import { scanBlock } from './scan-block.ts';
import type { ScanSink } from './scan-sink.ts';
import { keyText } from './tree.ts';
import type { DocumentSlice, ScalarNode, ScalarStyle, YamlNode, YamlSource } from './types.ts';
import { type View, viewOfFile } from './view.ts';

/** Where a visited scalar stands; only good during the visit. */
export interface ScalarPlace {
  /** The key whose value the scalar is; undefined in a sequence and at the top. */
  readonly key: string | undefined;
  /** Keys and indices from the top of the document; put together when asked. */
  path(): (string | number)[];
}

export type VisitScalar = (scalar: ScalarNode, place: ScalarPlace) => void;

/**
 * Visits every scalar value of a document in byte order without building a tree: for huge documents of which little is wanted.
 * Values of aliases are visited once, at their anchor. Throws `YAML_INVALID`, perhaps after visits to what stands before the
 * fault; duplicate keys are found by `parseDocument` only.
 */
export function scanScalars(source: YamlSource, document: DocumentSlice, visit: VisitScalar): void {
  checkCharacters(source, document);
  const view = viewOfFile(source.text);
  const sink = new Visitor(view, visit);
  if (scanBlock(view.text, document.start, document.end, sink)) return;
  const read = readWithLibrary(view, document.start, document.end);
  if ('reason' in read) throw problemIn(source, document, read);
  walk(read.node, [], new Set(), (scalar, path) => {
    // the scanner was right as far as it came
    if (scalar.range[0] <= sink.last) return;
    const key = path.at(-1);
    visit(scalar, { key: typeof key === 'string' ? key : undefined, path: () => [...path] });
  });
}

function walk(
  node: YamlNode | undefined,
  path: (string | number)[],
  seen: Set<YamlNode>,
  visit: (scalar: ScalarNode, path: readonly (string | number)[]) => void,
): void {
  if (node === undefined || seen.has(node)) return;
  seen.add(node);
  if (node.type === 'scalar') {
    visit(node, path);
    return;
  }
  const children =
    node.type === 'map'
      ? node.entries.map((entry) => [entry.key, entry.value] as const)
      : node.items.map((item, index) => [index, item] as const);
  for (const [step, child] of children) {
    path.push(step);
    walk(child, path, seen, visit);
    path.pop();
  }
}

/** The way to the place being read: per open map the offsets of the current key, per open sequence the index. */
class Visitor implements ScanSink {
  /** Start of the last scalar visited. */
  last = -1;
  private depth = 0;
  /** Index in a sequence; in a map the start of the key. */
  private readonly steps: number[] = [];
  /** End of the key; -1 in a sequence. */
  private readonly keyEnds: number[] = [];
  private readonly styles: ScalarStyle[] = [];
  private readonly view: View;
  private readonly visit: VisitScalar;
  private readonly place: ScalarPlace;

  constructor(view: View, visit: VisitScalar) {
    this.view = view;
    this.visit = visit;
    const parentKey = (): string | undefined => this.parentKey();
    this.place = {
      get key() {
        return parentKey();
      },
      path: () => Array.from({ length: this.depth }, (_, level) => this.step(level)),
    };
  }

  enterMap(): void {
    this.keyEnds[this.depth++] = 0;
  }

  enterSeq(): void {
    this.steps[this.depth] = -1;
    this.keyEnds[this.depth++] = -1;
  }

  leave(): void {
    this.depth--;
  }

  item(): void {
    const top = this.depth - 1;
    this.steps[top] = (this.steps[top] ?? -1) + 1;
  }

  key(start: number, end: number, style: ScalarStyle): boolean {
    const top = this.depth - 1;
    this.steps[top] = start;
    this.keyEnds[top] = end;
    this.styles[top] = style;
    return true;
  }

  scalar(start: number, end: number, style: ScalarStyle, indent: number): void {
    this.last = start;
    this.visit(new TextScalar(this.view, start, end, style, indent), this.place);
  }

  private parentKey(): string | undefined {
    const step = this.depth === 0 ? undefined : this.step(this.depth - 1);
    return typeof step === 'string' ? step : undefined;
  }

  private step(level: number): string | number {
    const step = this.steps[level] ?? 0;
    const end = this.keyEnds[level] ?? -1;
    return end === -1 ? step : keyText(this.view, step, end, this.styles[level] ?? 'plain');
  }
}
