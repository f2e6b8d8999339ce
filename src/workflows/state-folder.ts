import { createHash } from 'node:crypto';
import { isAbsolute, join } from 'node:path';
import type { WorkflowContext } from './context.ts';

/** Where the program keeps what it may lose (XDG Base Directory Specification: relative values are to be ignored). */
export function stateFolder({ env, homeDir }: Pick<WorkflowContext, 'env' | 'homeDir'>): string {
  return join(base(env['XDG_STATE_HOME'], join(homeDir, '.local', 'state')), 'sallyport');
}

export function cacheFolder({ env, homeDir }: Pick<WorkflowContext, 'env' | 'homeDir'>): string {
  return join(base(env['XDG_CACHE_HOME'], join(homeDir, '.cache')), 'sallyport');
}

function base(told: string | undefined, otherwise: string): string {
  return told !== undefined && isAbsolute(told) ? told : otherwise;
}

/** The folder of the journal of one copy: the same images to the same targets find what they left, and nobody else does. */
export function journalFolder(
  context: WorkflowContext,
  copies: readonly { readonly source: string; readonly target: string }[],
): string {
  const lines = copies.map(({ source, target }) => `${source} ${target}\n`).sort();
  const name = createHash('sha256').update(lines.join('')).digest('hex').slice(0, 16);
  return join(stateFolder(context), 'uploads', name);
}
