import { readdir, readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type EmitEvent, isAbort, SallyportError, systemCode, toSallyportError } from '../base/index.ts';
import { addressBelow, checkFolder, checkPath, isFixed, parseBase, publicAddress } from './address.ts';
import { type DownloadCache, openCache } from './cache.ts';

/** Reads files of upstream projects; see the README for the layout of paths. */
export interface Upstream {
  /** For messages: the folder or the address. */
  readonly name: string;
  /** The bytes; undefined when there is no such file. Throws `UPSTREAM_FAILED` naming the exact address. */
  read(path: string, options?: { readonly signal?: AbortSignal }): Promise<Buffer | undefined>;
  /** Names in a folder (`<owner>/<repo>` or below), sorted; empty when it is not there, undefined where folders cannot be listed. Throws `UPSTREAM_FAILED`. */
  list(path: string): Promise<readonly string[] | undefined>;
  /** Where a path is looked for, for messages. */
  locate(path: string): string;
}

export interface UpstreamOptions {
  /** A folder (also as `file:` address) or a base URL; undefined: the public hosts. */
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

/** Opens upstream; asks nothing yet. A location without a scheme is a folder. Throws `USAGE` for an address that cannot be a base. */
export function openUpstream(options: UpstreamOptions): Upstream {
  const { location } = options;
  if (location !== undefined && !/^https?:\/\//i.test(location)) {
    const folder = location.startsWith('file://') ? fileURLToPath(parseBase(location)) : location;
    return folderUpstream(resolve(options.cwd, folder), folder);
  }
  const base = location === undefined ? undefined : parseBase(location);
  const cache = openCache(options.cacheDir);
  const address = (path: string) => (base === undefined ? publicAddress(path) : addressBelow(base, path));
  return {
    name: base?.href ?? 'the public raw file host',
    read: (path, { signal } = {}) => readAddress(options, cache, address(path), isFixed(path), signal),
    list: async () => undefined,
    locate: (path) => (base === undefined ? publicAddress(path) : new URL(path, base)).href,
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
        if (isAbsent(cause)) return missing(root, name);
        throw unreadable(join(name, path), cause);
      }
    },
    list: async (path) => {
      try {
        return (await readdir(join(root, ...checkFolder(path)))).sort();
      } catch (cause) {
        if (isAbsent(cause)) return [];
        throw unreadable(join(name, path), cause);
      }
    },
    locate: (path) => join(name, path),
  };
}

function isAbsent(cause: unknown): boolean {
  return systemCode(cause) === 'ENOENT' || systemCode(cause) === 'ENOTDIR';
}

function unreadable(subject: string, cause: unknown): SallyportError {
  if (cause instanceof SallyportError) return cause;
  return new SallyportError('UPSTREAM_FAILED', cause instanceof Error ? cause.message : 'cannot be read', {
    subject,
    cause,
  });
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
  // Proxies and login pages answer 200 with a page of their own; kept as a manifest it would hold no image and nobody would know.
  if (/^\s*<(?:!doctype html|html)/i.test(answer.body.subarray(0, 1024).toString('latin1')))
    throw new SallyportError('UPSTREAM_FAILED', 'the server answered with a web page, not with the file', {
      subject: url.href,
      hint: 'Check what stands before the server (a proxy, a login page), or give the files with --upstream DIR in the same layout.',
    });
  options.emit({ type: 'download', url: url.href, bytes: answer.body.length, cached: false });
  if (fixed) await cache.put(url.href, answer.body);
  return answer.body;
}
