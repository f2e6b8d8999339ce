export {
  type Digest,
  type DigestAlgorithm,
  digestAlgorithm,
  digestHex,
  isDigest,
} from './digest.ts';
export { digestOf, hashFor } from './hash.ts';
export {
  blobsOf,
  type Descriptor,
  type ImageView,
  type IndexView,
  isForeign,
  MANIFEST_LIMITS,
  type ManifestView,
  type RawManifest,
  readManifest,
} from './manifest.ts';
export {
  isImageType,
  isIndexType,
  isManifestType,
  MANIFEST_ACCEPT,
  MEDIA_TYPES,
} from './media-types.ts';
export {
  formatPlatform,
  isUnknownPlatform,
  type Platform,
  parsePlatform,
  platformMatches,
} from './platform.ts';
export { pullSecretKeys } from './pull-secret-keys.ts';
export {
  DOCKER_HUB,
  formatReference,
  isHost,
  isRepositoryPath,
  isTag,
  looksLikeHost,
  nameOf,
  normalizeReference,
  parseReference,
  type Reference,
  selectorOf,
  spellingsOf,
  tryParseReference,
} from './reference.ts';
export { type Naming, parsePrefix, type TargetPrefix, targetRepository } from './target.ts';
