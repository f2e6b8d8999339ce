import type { ClusterPlatform, ImageMark } from '../facts/index.ts';

/** When an image is pulled. Matched by `registry/repository`, first row wins; what no row knows is always pulled. */
export interface ImageRow {
  readonly repository: RegExp;
  readonly mark: ImageMark;
  readonly group: string;
  readonly condition?: string;
  /** The row holds on this platform only. */
  readonly platform?: ClusterPlatform;
  readonly source: string;
}
