export {
  type CallOptions,
  type ContentStore,
  canListReferrers,
  canListTags,
  canMount,
  type MountingStore,
  type ReferringStore,
  type TagListingStore,
} from './content-store.ts';
