export type { KnownArgument } from './arguments.ts';
export { type Discovered, type DiscoverOptions, discover } from './discover.ts';
export { RULES, type Rule } from './rules.ts';
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
