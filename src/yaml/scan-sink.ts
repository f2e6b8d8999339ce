import type { ScalarStyle } from './types.ts';

/**
 * What the scanner reports, in file order. A map is `enterMap`, then per entry `key` and at most one node, then `leave`;
 * a sequence is `enterSeq`, then per item `item` and at most one node, then `leave`. Offsets are of the view.
 */
export interface ScanSink {
  enterMap(): void;
  enterSeq(): void;
  leave(): void;
  item(): void;
  /** False when the map has the key already. */
  key(start: number, end: number, style: ScalarStyle): boolean;
  /** `indent`: the columns that each line of a block scalar is indented by; 0 for other styles. */
  scalar(start: number, end: number, style: ScalarStyle, indent: number): void;
}

/**
 * Thrown by the scanner for whatever it does not read: rare forms and everything that is wrong. It never judges; the
 * library reads such a document again and either understands it or names the fault.
 */
export class Declined extends Error {}

export function decline(): never {
  throw new Declined();
}
