import type { Action } from '../auth/access.ts';
import type { ApiResponse } from '../types.ts';
import { getBase, getCatalog } from './base.ts';
import { deleteBlob, getBlob } from './blobs.ts';
import type { Call, Handler, ReadContext, WriteContext, WriteHandler } from './context.ts';
import { getReferrers, getTags } from './listings.ts';
import { deleteManifest, getManifest, putManifest } from './manifests.ts';
import type { Target } from './match.ts';
import { deleteUpload, getUpload, patchUpload, postUpload, putUpload } from './uploads.ts';

type Name = Target['route'];
type TargetOf<N extends Name> = Extract<Target, { route: N }>;

type Needs = Action | 'catalog' | 'nothing';
type Run<C> = (call: Call<C>, target: Target) => Promise<ApiResponse>;

/** `needs` is the right the client must have on the repository of the path. */
export type Endpoint =
  | { readonly kind: 'read'; readonly needs: Needs; readonly run: Run<ReadContext> }
  | { readonly kind: 'write'; readonly needs: Needs; readonly run: Run<WriteContext> };

function reading<N extends Name>(route: N, needs: Needs, handler: Handler<TargetOf<N>>): Endpoint {
  return { kind: 'read', needs, run: (call, target) => handler(call, expectRoute(target, route)) };
}

function writing<N extends Name>(route: N, needs: Needs, handler: WriteHandler<TargetOf<N>>): Endpoint {
  return { kind: 'write', needs, run: (call, target) => handler(call, expectRoute(target, route)) };
}

function expectRoute<N extends Name>(target: Target, route: N): TargetOf<N> {
  const isMine = (one: Target): one is TargetOf<N> => one.route === route;
  if (!isMine(target)) throw new TypeError(`the handler of ${route} was given ${target.route}`);
  return target;
}

const getBlobEndpoint = reading('blob', 'pull', getBlob);
const getManifestEndpoint = reading('manifest', 'pull', getManifest);
const getTagsEndpoint = reading('tags', 'pull', getTags);
const getReferrersEndpoint = reading('referrers', 'pull', getReferrers);
const getBaseEndpoint = reading('base', 'nothing', getBase);
const getCatalogEndpoint = reading('catalog', 'catalog', getCatalog);

/** The endpoints of distribution-spec v1.1, with the catalog of Docker's registry API. */
export const ENDPOINTS: Readonly<Record<Name, Readonly<Record<string, Endpoint>>>> = {
  base: { GET: getBaseEndpoint, HEAD: getBaseEndpoint },
  catalog: { GET: getCatalogEndpoint, HEAD: getCatalogEndpoint },
  blob: {
    GET: getBlobEndpoint,
    HEAD: getBlobEndpoint,
    DELETE: writing('blob', 'delete', deleteBlob),
  },
  uploads: { POST: writing('uploads', 'push', postUpload) },
  upload: {
    GET: writing('upload', 'push', getUpload),
    PATCH: writing('upload', 'push', patchUpload),
    PUT: writing('upload', 'push', putUpload),
    DELETE: writing('upload', 'push', deleteUpload),
  },
  manifest: {
    GET: getManifestEndpoint,
    HEAD: getManifestEndpoint,
    PUT: writing('manifest', 'push', putManifest),
    DELETE: writing('manifest', 'delete', deleteManifest),
  },
  tags: { GET: getTagsEndpoint, HEAD: getTagsEndpoint },
  referrers: { GET: getReferrersEndpoint, HEAD: getReferrersEndpoint },
};
