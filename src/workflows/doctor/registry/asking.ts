import { toSallyportError } from '../../../base/index.ts';
import type { Outcome } from '../check.ts';
import type { Scratch } from '../scratch.ts';

/** The tag that the trials write. */
export const TAG = 'probe';

/** What is the same in every request. */
export function asking(signal: AbortSignal | undefined) {
  return { scopes: [], what: 'examining the registry', ...(signal === undefined ? {} : { signal }) };
}

export function callOf({ signal }: Scratch): { readonly signal?: AbortSignal } {
  return signal === undefined ? {} : { signal };
}

/** A write that may be refused: the refusal is the answer. Throws what is none. */
export async function accepted(write: () => Promise<void>): Promise<Outcome> {
  try {
    await write();
    return { ok: true, found: 'taken' };
  } catch (thrown) {
    const error = toSallyportError(thrown);
    // A refusal is an answer; a broken connection is not.
    if (typeof error.facts['status'] !== 'number' || error.facts['status'] >= 500) throw error;
    return { ok: false, found: `refused with ${error.facts['status']}` };
  }
}
