import type { Access } from '../auth/access.ts';
import type { ApiRequest, ApiResponse, RegistryStorage } from '../types.ts';

/** Which missing content a manifest may name (distribution-spec v1.1 "Pushing Manifests" leaves it to the registry). */
export type Sparse =
  /** None: every blob and every child must be there. */
  | 'none'
  /** Children of an index may be missing, for images copied for some platforms only; blobs must be there. */
  | 'indexes'
  | 'all';

export interface HandlerContext {
  readonly storage: RegistryStorage;
  readonly sparse: Sparse;
  readonly maxManifestBytes: number;
  readonly maxBlobBytes: number;
  readonly maxOpenUploads: number;
  /** Most entries of one page of tags, referrers or repositories. */
  readonly pageSize: number;
}

/** One request on its way through a handler. */
export interface Call {
  readonly request: ApiRequest;
  readonly context: HandlerContext;
  /** What the client may do, for questions about other repositories than the one in the path. */
  readonly access: Access;
}

export type Handler<T> = (call: Call, target: T) => Promise<ApiResponse>;
