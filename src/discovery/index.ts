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
