import type { Check, Outcome } from '../check.ts';
import type { Scratch } from '../scratch.ts';
import { asking } from './asking.ts';

export const removal: Check<Scratch> = {
  name: 'delete',
  needed: false,
  after: ['login'],
  well: 'what was written for this examination is gone again',
  unwell: 'what was written for this examination is still there',
  next: 'Remove the two repositories that are named by the registry’s own means.',
  run: cleanUp,
};

async function cleanUp(scratch: Scratch): Promise<Outcome | undefined> {
  const { session, names, written } = scratch;
  if (written.length === 0) return undefined;
  let left = 0;
  let status = 0;
  for (const { which, kind, digest } of written) {
    const response = await session.send({
      ...asking(undefined),
      method: 'DELETE',
      url: `/v2/${names[which]}/${kind}/${digest}`,
      scopes: [{ repository: names[which], actions: 'delete' }],
      // Anything is an answer here.
      expect: [200, 202, 204, 400, 401, 403, 404, 405, 409, 500, 501],
    });
    response.body.resume();
    // A blob goes with the last manifest that names it, at registries that count.
    if (response.status < 300 || response.status === 404) continue;
    if (kind === 'blobs') continue;
    left++;
    status = response.status;
  }
  session.capabilities.set('delete', left === 0);
  return left === 0
    ? { ok: true, found: 'manifests were deleted' }
    : { ok: false, found: `deleting is answered with ${status}; left behind: ${names.join(', ')}` };
}
