import { decodeBlock } from './decode-block.ts';
import { decodeFlow } from './decode-flow.ts';
import type { Pieces } from './pieces.ts';
import type { ByteRange, ScalarNode, ScalarStyle } from './types.ts';
import { decodeUtf8, isAscii, type View } from './view.ts';

const NEEDS_DECODING = { plain: /\n/, single: /\n|''/, double: /[\n\\]/ } as const;

/** A scalar that knows where it stands and is decoded when first asked. */
export class TextScalar implements ScalarNode {
  readonly type = 'scalar';
  readonly style: ScalarStyle;
  readonly start: number;
  readonly end: number;
  readonly view: View;
  readonly tag: string | undefined;
  private readonly indent: number;
  private decoded: string | undefined;
  private pieces: Pieces | undefined;

  /** `indent`: columns that belong to no line of a block scalar. */
  constructor(
    view: View,
    start: number,
    end: number,
    style: ScalarStyle,
    indent: number,
    tag?: string | undefined,
  ) {
    this.view = view;
    this.tag = tag;
    this.start = start;
    this.end = end;
    this.style = style;
    this.indent = indent;
  }

  get range(): ByteRange {
    return this.view.toFile(this.start, this.end);
  }

  get within(): ScalarNode | undefined {
    return this.view.holder;
  }

  get value(): string {
    this.decoded ??= this.isSimple() ? decodeUtf8(this.content()) : this.toPieces().value;
    return this.decoded;
  }

  rangeOf(from: number, to: number): ByteRange {
    const [start, end] = this.viewRange(from, to);
    return this.view.toFile(start, end);
  }

  private viewRange(from: number, to: number): readonly [number, number] {
    const first = this.start + (this.style === 'plain' ? 0 : 1);
    const inside = from >= 0 && from <= to && first + to <= this.end;
    if (inside && this.isSimple() && isAscii(this.content())) return [first + from, first + to];
    return this.toPieces().rangeOf(from, to);
  }

  /** One line without escapes: the content is the value. */
  private isSimple(): boolean {
    const { style } = this;
    return style !== 'literal' && style !== 'folded' && !NEEDS_DECODING[style].test(this.content());
  }

  private content(): string {
    const quote = this.style === 'plain' ? 0 : 1;
    return this.view.text.slice(this.start + quote, this.end - quote);
  }

  private toPieces(): Pieces {
    this.pieces ??= this.decode();
    return this.pieces;
  }

  private decode(): Pieces {
    const { view, start, end, style } = this;
    if (style === 'literal' || style === 'folded') return decodeBlock(view.text, start, end, this.indent);
    const quote = style === 'plain' ? 0 : 1;
    return decodeFlow(view.text, start + quote, end - quote, style);
  }
}
