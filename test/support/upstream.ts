import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { openUpstream, type Upstream } from '../../src/upstream/index.ts';

/** Real upstream files, where they lie beside the checkout. */
export const REAL_UPSTREAM = resolve(import.meta.dirname, '..', '..', '..', 'shared', 'upstream');
export const hasRealUpstream = existsSync(REAL_UPSTREAM);
/** A small upstream of our own, always there. */
export const MINI_UPSTREAM = resolve(import.meta.dirname, '..', 'fixtures', 'upstream-mini');

export function folderUpstream(location: string): Upstream {
  return openUpstream({
    location,
    cwd: '/',
    cacheDir: '/nonexistent',
    emit: () => undefined,
    download: () => Promise.reject(new Error('a folder downloads nothing')),
  });
}
