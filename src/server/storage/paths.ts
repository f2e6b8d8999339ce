import { join } from 'node:path';
import { SallyportError } from '../../base/index.ts';
import {
  type Digest,
  digestAlgorithm,
  digestHex,
  isDigest,
  isRepositoryPath,
  isTag,
} from '../../oci/index.ts';

/**
 * The registry's own files beside the image layout. Components of a repository name never begin with `_`,
 * so a repository's folders and the repositories below it cannot meet.
 *
 *     DIR/oci-layout, DIR/index.json, DIR/blobs/<algorithm>/<hex>     the image layout, shared by all repositories
 *     DIR/registry/repositories/<name>/_blobs/<algorithm>/<hex>       empty: this blob is one of this repository's
 *     DIR/registry/repositories/<name>/_manifests/<algorithm>/<hex>   the media type of this manifest
 *     DIR/registry/repositories/<name>/_tags/<tag>                    the digest
 *     DIR/registry/repositories/<name>/_referrers/<algorithm>/<hex>/<algorithm>-<hex>   the descriptor of a referrer
 *     DIR/registry/repositories/<name>/_uploads/<id>                  bytes of an open upload
 */
export const REPOSITORIES = join('registry', 'repositories');
/** Exists while `index.json` may be older than the tags. */
export const UNCLEAN = join('registry', 'index-outdated');

export function repositoryFolder(root: string, name: string): string {
  if (!isRepositoryPath(name)) throw notA('repository name', name);
  return join(root, REPOSITORIES, ...name.split('/'));
}

export function digestPath(
  folder: string,
  kind: '_blobs' | '_manifests' | '_referrers',
  digest: Digest,
): string {
  if (!isDigest(digest)) throw notA('digest', digest);
  return join(folder, kind, digestAlgorithm(digest), digestHex(digest));
}

/** File name of a referrer: a digest with `-` in place of the colon, which not every file system takes. */
export function referrerName(digest: Digest): string {
  return digest.replace(':', '-');
}

export function referrerDigest(name: string): Digest | undefined {
  const digest = name.replace('-', ':');
  return isDigest(digest) ? digest : undefined;
}

export function tagPath(folder: string, tag: string): string {
  // The grammar allows no leading dot, so neither `..` nor a temporary file can be meant.
  if (!isTag(tag)) throw notA('tag', tag);
  return join(folder, '_tags', tag);
}

const UPLOAD_ID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

export function isUploadId(text: string): boolean {
  return UPLOAD_ID.test(text);
}

export function uploadPath(folder: string, id: string): string {
  if (!isUploadId(id)) throw notA('upload', id);
  return join(folder, '_uploads', id);
}

function notA(kind: string, subject: string): SallyportError {
  return new SallyportError('REFERENCE_INVALID', `is not a ${kind}`, { subject });
}
