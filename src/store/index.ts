export { BlobFiles } from './blob-files.ts';
export { BlobWriter } from './blob-writer.ts';
export { BundleTarget } from './bundle/bundle-target.ts';
export type { BundledImage, BundleFormat, BundleInfo, NamedManifest, OmittedBlob } from './bundle/info.ts';
export { type BundleContent, type BundleEntry, type BundleLayout, layOutBundle } from './bundle/layout.ts';
export { blobName, DOCKER_MANIFEST, OWN_FOLDER } from './bundle/names.ts';
export { type Bundle, openBundle, ownFiles } from './bundle/open.ts';
export { findBundle } from './bundle/pieces.ts';
export { startBundle } from './bundle/start-bundle.ts';
export { type VerifyReport, verifyBundle } from './bundle/verify-bundle.ts';
export type { BundleWriter } from './bundle/writer.ts';
export {
  type CallOptions,
  type CheckingStore,
  type ComparingStore,
  type ContentStore,
  canCompare,
  canKnowTags,
  canListReferrers,
  canListTags,
  canMount,
  checksContent,
  type MountingStore,
  type ReadBlobOptions,
  type ReferringStore,
  type TagKnowingStore,
  type TagListingStore,
} from './content-store.ts';
export {
  ensureFolder,
  fileError,
  isLeftover,
  isPlainFolder,
  readWholeFile,
  sizeOfRegular,
  syncFolder,
  writeWholeFile,
} from './files.ts';
export { type FolderLock, lockFolder } from './folder-lock.ts';
export { type Layout, type OpenLayoutOptions, openLayout } from './layout.ts';
export {
  joinName,
  type LayoutEntry,
  makeEntry,
  readLayout,
  writeLayout,
  writeLayoutMarker,
} from './layout-index.ts';
export type { LayoutStore } from './layout-store.ts';
