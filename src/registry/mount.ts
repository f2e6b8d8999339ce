import { isAbort, SallyportError } from '../base/index.ts';
import type { Descriptor } from '../oci/index.ts';
import type { CallOptions } from '../store/index.ts';
import { nameOnWire, type RepositoryParts, shown } from './repository-parts.ts';
import { FINISH_MS, nextUpload, type Upload } from './upload-session.ts';

/** That a registry does not know mounts is remembered for this long (regclient's feature cache); servers change. */
const REFUSAL_MS = 300_000;

const NO_MOUNT = [400, 404, 405, 501];

/** What came of a mount: the blob is here, or an upload stands open instead of it, or nothing. */
export type Mounted = { readonly done: true } | { readonly done: false; readonly upload?: Upload };

/**
 * POST with `mount` and `from`. Distribution-spec v1.1 "Mounting a blob from another repository". Never fails but by an abort: whatever
 * stands against it, sending the blob will either work or tell better what is wrong.
 */
export async function mountBlob(
  parts: RepositoryParts,
  blob: Descriptor,
  fromRepository: string,
  { signal }: CallOptions,
): Promise<Mounted> {
  const { session, base, push, label } = parts;
  if (session.capabilities.get('mountFrom') === false) return { done: false };
  const from = nameOnWire(session, fromRepository);
  try {
    const response = await session.send({
      method: 'POST',
      url: `${base}blobs/uploads/?mount=${encodeURIComponent(blob.digest)}&from=${encodeURIComponent(from)}`,
      scopes: [...push, { repository: from, actions: 'pull' }],
      expect: [201, 202],
      what: `mounting ${label}@${shown(blob.digest)} from ${fromRepository}`,
      // It may open an upload in place of a mount, which somebody has to cancel.
      finishMs: FINISH_MS,
      isOptional: true,
      ...(signal === undefined ? {} : { signal }),
    });
    response.body.resume();
    if (response.status === 201) {
      session.capabilities.set('mountFrom', true);
      return { done: true };
    }
    return { done: false, upload: nextUpload(parts, response) };
  } catch (error) {
    if (isAbort(error) || !(error instanceof SallyportError)) throw error;
    const status = error.facts['status'];
    // 401 and 403 speak of rights on this one `from`; where something was mounted before, mounting is known.
    if (session.capabilities.get('mountFrom') === undefined && NO_MOUNT.some((known) => known === status))
      session.capabilities.set('mountFrom', false, REFUSAL_MS);
    return { done: false };
  }
}
