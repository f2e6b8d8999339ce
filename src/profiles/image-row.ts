import type { Mark, Platform } from './types.ts';

/** When an image is pulled. Matched by `registry/repository`, first row wins; what no row knows is always pulled. */
export interface ImageRow {
  readonly repository: RegExp;
  readonly mark: Mark;
  readonly group: string;
  readonly condition?: string;
  /** The row holds on this platform only. */
  readonly platform?: Platform;
  readonly source: string;
}
