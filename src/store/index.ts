export { BlobFiles } from './blob-files.ts';
export { BlobWriter } from './blob-writer.ts';
export {
  type CallOptions,
  type ContentStore,
  canKnowTags,
  canListReferrers,
  canListTags,
  canMount,
  type MountingStore,
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
