import type { Action } from '../auth/access.ts';
import type { ApiResponse } from '../types.ts';
import { getBase, getCatalog } from './base.ts';
import { deleteBlob, getBlob } from './blobs.ts';
import type { Call } from './context.ts';
import { getReferrers, getTags } from './listings.ts';
import { deleteManifest, getManifest, putManifest } from './manifests.ts';
import type { Target } from './match.ts';
import { deleteUpload, getUpload, patchUpload, postUpload, putUpload } from './uploads.ts';

type Name = Target['route'];
type Run = (call: Call, target: Target) => Promise<ApiResponse>;

interface Endpoint {
  readonly run: Run;
  /** The right the client needs on the repository of the path. */
  readonly needs: Action | 'catalog' | 'nothing';
}

function endpoint<N extends Name>(
  route: N,
  needs: Endpoint['needs'],
  handler: (call: Call, target: Extract<Target, { route: N }>) => Promise<ApiResponse>,
): Endpoint {
  const isMine = (target: Target): target is Extract<Target, { route: N }> => target.route === route;
  return {
    needs,
    run: (call, target) => {
      if (!isMine(target)) throw new TypeError(`the handler of ${route} was given ${target.route}`);
      return handler(call, target);
    },
  };
}

const getBlobEndpoint = endpoint('blob', 'pull', getBlob);
const getManifestEndpoint = endpoint('manifest', 'pull', getManifest);
const getTagsEndpoint = endpoint('tags', 'pull', getTags);
const getReferrersEndpoint = endpoint('referrers', 'pull', getReferrers);
const getBaseEndpoint = endpoint('base', 'nothing', getBase);
const getCatalogEndpoint = endpoint('catalog', 'catalog', getCatalog);

/** The endpoints of distribution-spec v1.1, with the catalog of Docker's registry API. */
export const ENDPOINTS: Readonly<Record<Name, Readonly<Record<string, Endpoint>>>> = {
  base: { GET: getBaseEndpoint, HEAD: getBaseEndpoint },
  catalog: { GET: getCatalogEndpoint, HEAD: getCatalogEndpoint },
  blob: {
    GET: getBlobEndpoint,
    HEAD: getBlobEndpoint,
    DELETE: endpoint('blob', 'delete', deleteBlob),
  },
  uploads: { POST: endpoint('uploads', 'push', postUpload) },
  upload: {
    GET: endpoint('upload', 'push', getUpload),
    PATCH: endpoint('upload', 'push', patchUpload),
    PUT: endpoint('upload', 'push', putUpload),
    DELETE: endpoint('upload', 'push', deleteUpload),
  },
  manifest: {
    GET: getManifestEndpoint,
    HEAD: getManifestEndpoint,
    PUT: endpoint('manifest', 'push', putManifest),
    DELETE: endpoint('manifest', 'delete', deleteManifest),
  },
  tags: { GET: getTagsEndpoint, HEAD: getTagsEndpoint },
  referrers: { GET: getReferrersEndpoint, HEAD: getReferrersEndpoint },
};
