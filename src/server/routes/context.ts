import type { Access } from '../auth/access.ts';
import type { ReadableStorage, WritableStorage } from '../storage/types.ts';
import type { ApiRequest, ApiResponse } from '../types.ts';

/** Which missing content a manifest may name (distribution-spec v1.1 "Pushing Manifests" leaves it to the registry). */
export type Sparse =
  /** None: every blob and every child must be there. */
  | 'none'
  /** Children of an index may be missing, for images copied for some platforms only; blobs must be there. */
  | 'indexes'
  | 'all';

/** What handlers that only read work with. */
export interface ReadContext {
  readonly storage: ReadableStorage;
  /** Most entries of one page of tags, referrers or repositories. */
  readonly pageSize: number;
}

/** What handlers that change something work with; a read-only registry has none. */
export interface WriteContext {
  readonly storage: WritableStorage;
  readonly sparse: Sparse;
  readonly maxManifestBytes: number;
  readonly maxBlobBytes: number;
  readonly maxOpenUploads: number;
}

/** One request on its way through a handler. */
export interface Call<C> {
  readonly request: ApiRequest;
  readonly context: C;
  /** What the client may do, for questions about other repositories than the one in the path. */
  readonly access: Access;
}

export type Handler<T> = (call: Call<ReadContext>, target: T) => Promise<ApiResponse>;
export type WriteHandler<T> = (call: Call<WriteContext>, target: T) => Promise<ApiResponse>;
