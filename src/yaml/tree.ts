import { TextScalar } from './scalar.ts';
import type { ScanSink } from './scan-sink.ts';
import type { ByteRange, ScalarStyle, YamlNode } from './types.ts';
import { decodeUtf8, type View } from './view.ts';

interface OpenEntry {
  readonly key: string;
  readonly keyRange: ByteRange;
  value: YamlNode | undefined;
}

/** A collection that is still being read. `names` is made when a map has many keys. */
type Open =
  | { readonly type: 'map'; readonly entries: OpenEntry[]; names: Set<string> | undefined }
  | { readonly type: 'seq'; readonly items: (YamlNode | undefined)[] };

/** Maps up to this size are looked through for duplicate keys; larger ones keep a set. */
const FEW_KEYS = 8;

/** Puts together the tree of what a scanner reports. */
export class TreeBuilder implements ScanSink {
  root: YamlNode | undefined;
  private readonly open: Open[] = [];
  private readonly view: View;

  constructor(view: View) {
    this.view = view;
  }

  enterMap(): void {
    const entries: OpenEntry[] = [];
    this.place({ type: 'map', entries });
    this.open.push({ type: 'map', entries, names: undefined });
  }

  enterSeq(): void {
    const items: (YamlNode | undefined)[] = [];
    this.place({ type: 'seq', items });
    this.open.push({ type: 'seq', items });
  }

  leave(): void {
    this.open.pop();
  }

  item(): void {
    const top = this.open.at(-1);
    if (top?.type === 'seq') top.items.push(undefined);
  }

  key(start: number, end: number, style: ScalarStyle): boolean {
    const top = this.open.at(-1);
    if (top?.type !== 'map') return false;
    const key = keyText(this.view, start, end, style);
    if (isTaken(top, key)) return false;
    top.entries.push({ key, keyRange: this.view.toFile(start, end), value: undefined });
    return true;
  }

  scalar(start: number, end: number, style: ScalarStyle, indent: number): void {
    this.place(new TextScalar(this.view, start, end, style, indent));
  }

  private place(node: YamlNode): void {
    const top = this.open.at(-1);
    if (top === undefined) this.root = node;
    else if (top.type === 'seq') top.items[top.items.length - 1] = node;
    else {
      const entry = top.entries.at(-1);
      if (entry !== undefined) entry.value = node;
    }
  }
}

function isTaken(map: Open & { readonly type: 'map' }, key: string): boolean {
  if (map.names === undefined) {
    if (map.entries.length < FEW_KEYS) return map.entries.some((entry) => entry.key === key);
    map.names = new Set(map.entries.map((entry) => entry.key));
  }
  if (map.names.has(key)) return true;
  map.names.add(key);
  return false;
}

/** The decoded text of a key. */
export function keyText(view: View, start: number, end: number, style: ScalarStyle): string {
  return style === 'plain'
    ? decodeUtf8(view.text.slice(start, end))
    : new TextScalar(view, start, end, style, 0).value;
}
