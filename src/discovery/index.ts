export { type Discovered, type DiscoverOptions, discover } from './discover.ts';
export { ORIGINAL_IMAGE } from './keys.ts';
export type { Rule } from './rules.ts';
export type {
  Confidence,
  Discovery,
  Egress,
  How,
  ImageUse,
  ManifestFile,
  ReferencePart,
  Unresolved,
} from './types.ts';
