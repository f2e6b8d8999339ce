import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { stateFolder } from '../base/index.ts';
import type { WorkflowContext } from './context.ts';

/** The folder of the journal of one copy: the same images to the same targets find what they left, and nobody else does. */
export function journalFolder(
  context: WorkflowContext,
  copies: readonly { readonly source: string; readonly target: string }[],
): string {
  const lines = copies.map(({ source, target }) => `${source} ${target}\n`).sort();
  const name = createHash('sha256').update(lines.join('')).digest('hex').slice(0, 16);
  return join(stateFolder(context), 'uploads', name);
}
