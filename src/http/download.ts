import type { IncomingHttpHeaders } from 'node:http';
import { SallyportError, timeLimit, toSallyportError } from '../base/index.ts';
import { checkHop } from './addresses.ts';
import { errandsOf } from './errands.ts';
import { readUpTo } from './read-bounded.ts';
import type { HttpClient, HttpResponse } from './types.ts';

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
const MAX_REDIRECTS = 10;
const ERROR_BODY = 64 * 1024;

export interface DownloadOptions {
  readonly http: HttpClient;
  readonly url: URL;
  /** Bytes accepted of a successful answer. */
  readonly maxBytes: number;
  /** Milliseconds for everything, redirects and body included. Default 120 s. */
  readonly timeoutMs?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

export interface Downloaded {
  /** Any status but a followed redirect: 404 is an answer that the caller understands better. */
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Where it came from after redirects. */
  readonly url: URL;
  /** All of it; of an answer other than 2xx at most the first 64 KiB. */
  readonly body: Buffer;
}

/**
 * A public file in memory. Follows up to 10 redirects (never https → http, never from elsewhere to this machine), carries no credentials.
 * Throws `REDIRECT_REFUSED`, `TIMEOUT`, `UPSTREAM_FAILED` (too large, redirect without address or in circles) and what `send` throws.
 */
export async function download(options: DownloadOptions): Promise<Downloaded> {
  const { timeoutMs = 120_000, signal } = options;
  const limit = timeLimit(timeoutMs, signal);
  try {
    return await follow(options, limit.signal);
  } catch (error) {
    if (limit.signal.aborted && signal?.aborted !== true && toSallyportError(error).code === 'ABORTED')
      throw new SallyportError('TIMEOUT', `the download did not end within ${timeoutMs / 1000} s`, {
        subject: options.url.href,
        cause: error,
      });
    throw error;
  } finally {
    limit.done();
  }
}

async function follow(
  { http, url: start, maxBytes, headers = {} }: DownloadOptions,
  signal: AbortSignal,
): Promise<Downloaded> {
  const errands = errandsOf(start, http);
  let url = start;
  for (let hop = 0; hop <= MAX_REDIRECTS; hop++) {
    const response = await errands.send({ method: 'GET', url, headers, signal });
    if (!REDIRECTS.has(response.status)) return finish(response, maxBytes);
    response.body.destroy();
    const next = response.headers.location;
    if (next === undefined || !URL.canParse(next, url.href))
      throw failed(url, `redirects (${response.status}) without a usable address`);
    const to = new URL(next, url);
    checkHop(url, to, 'redirect');
    url = to;
  }
  throw failed(start, `redirects more than ${MAX_REDIRECTS} times`);
}

async function finish(response: HttpResponse, maxBytes: number): Promise<Downloaded> {
  const { status, headers, url } = response;
  const good = status >= 200 && status < 300;
  const { bytes, more } = await readUpTo(response.body, good ? maxBytes : ERROR_BODY);
  if (good && more) throw failed(url, `is larger than the ${maxBytes} bytes that are accepted`);
  return { status, headers, url, body: bytes };
}

function failed(url: URL, why: string): SallyportError {
  return new SallyportError('UPSTREAM_FAILED', why, { subject: `${url.origin}${url.pathname}` });
}
