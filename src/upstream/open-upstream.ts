import { readdir, readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type EmitEvent, isAbort, SallyportError, systemCode, toSallyportError } from '../base/index.ts';
import { addressBelow, checkPath, isFixed, publicAddress } from './address.ts';
import { type DownloadCache, openCache } from './cache.ts';

/** Reads files of upstream projects; see the README for the layout of paths. */
export interface Upstream {
  /** For messages: the folder or the address. */
  readonly name: string;
  /** The bytes; undefined when there is no such file. Throws `UPSTREAM_FAILED` naming the exact address. */
  read(path: string, options?: { readonly signal?: AbortSignal }): Promise<Buffer | undefined>;
  /** File names in a folder, sorted; undefined where folders cannot be listed (the public raw file host). */
  list(path: string): Promise<readonly string[] | undefined>;
  /** Where a path is looked for, for messages. */
  locate(path: string): string;
}

export interface UpstreamOptions {
  /** A folder or a base URL; undefined: the public hosts. */
  readonly location?: string;
  readonly cwd: string;
  readonly cacheDir: string;
  readonly emit: EmitEvent;
  /** Fetches a public file, limited in size and time. Any status is an answer. */
  readonly download: (
    url: URL,
    signal?: AbortSignal,
  ) => Promise<{ readonly status: number; readonly body: Buffer }>;
}

/** Opens upstream; asks nothing yet. A location without a scheme is a folder. */
export function openUpstream(options: UpstreamOptions): Upstream {
  const { location } = options;
  if (location !== undefined && !/^https?:\/\//i.test(location))
    return folderUpstream(resolve(options.cwd, location), location);
  const cache = openCache(options.cacheDir);
  const address = (path: string) =>
    location === undefined ? publicAddress(path) : addressBelow(location, path);
  return {
    name: location ?? 'the public raw file host',
    read: (path, { signal } = {}) => readAddress(options, cache, address(path), isFixed(path), signal),
    list: async () => undefined,
    locate: (path) => address(path).href,
  };
}

function folderUpstream(root: string, name: string): Upstream {
  const at = (path: string) => join(root, ...checkPath(path));
  return {
    name,
    read: async (path) => {
      try {
        return await readFile(at(path));
      } catch (cause) {
        if (systemCode(cause) === 'ENOENT' || systemCode(cause) === 'ENOTDIR') return missing(root, name);
        throw new SallyportError(
          'UPSTREAM_FAILED',
          cause instanceof Error ? cause.message : 'cannot be read',
          { subject: join(name, path), cause },
        );
      }
    },
    list: async (path) => {
      const names = await readdir(at(path)).catch((cause: unknown) => {
        if (systemCode(cause) === 'ENOENT') return undefined;
        throw cause;
      });
      return names?.sort();
    },
    locate: (path) => join(name, path),
  };
}

/** A missing file is an answer, a missing root is a wrong flag. */
async function missing(root: string, name: string): Promise<undefined> {
  const info = await stat(root).catch(() => undefined);
  if (info?.isDirectory() === true) return undefined;
  throw new SallyportError('UPSTREAM_FAILED', 'is not a folder', {
    subject: name,
    hint: 'Name a folder that holds OWNER/REPO/REF/PATH, or a base URL, with --upstream.',
  });
}

async function readAddress(
  options: UpstreamOptions,
  cache: DownloadCache,
  url: URL,
  fixed: boolean,
  signal: AbortSignal | undefined,
): Promise<Buffer | undefined> {
  const cached = fixed ? await cache.get(url.href) : undefined;
  if (cached !== undefined) {
    options.emit({ type: 'download', url: url.href, bytes: cached.length, cached: true });
    return cached;
  }
  let answer: { readonly status: number; readonly body: Buffer };
  try {
    answer = await options.download(url, signal);
  } catch (thrown) {
    if (isAbort(thrown) || signal?.aborted === true) throw thrown;
    const error = toSallyportError(thrown);
    throw new SallyportError('UPSTREAM_FAILED', error.message, {
      subject: url.href,
      cause: thrown,
      facts: error.facts,
    });
  }
  if (answer.status === 404) return undefined;
  if (answer.status !== 200)
    throw new SallyportError('UPSTREAM_FAILED', `the server answered ${answer.status}`, {
      subject: url.href,
    });
  options.emit({ type: 'download', url: url.href, bytes: answer.body.length, cached: false });
  if (fixed) await cache.put(url.href, answer.body);
  return answer.body;
}
