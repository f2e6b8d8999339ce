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

export interface OverlayOptions {
  /** Path → content that takes the place of what is there. */
  readonly files?: Readonly<Record<string, string>>;
  /** Paths that are not there. */
  readonly without?: RegExp;
  /** As at the public raw file host: folders cannot be listed. */
  readonly unlisted?: boolean;
}

/** An upstream that differs from another one; `asked` has every path read. */
export function overlay(under: Upstream, options: OverlayOptions): Upstream & { readonly asked: string[] } {
  const asked: string[] = [];
  const { files = {}, without } = options;
  return {
    ...under,
    asked,
    read: async (path, call) => {
      asked.push(path);
      const content = files[path];
      if (content !== undefined) return Buffer.from(content);
      return without?.test(path) === true ? undefined : under.read(path, call);
    },
    list: async (path) => (options.unlisted === true ? undefined : under.list(path)),
  };
}
