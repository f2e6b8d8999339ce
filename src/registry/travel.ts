import { SallyportError } from '../base/index.ts';
import { checkHop, type HttpClient, type HttpRequest, type HttpResponse } from '../http/index.ts';
import type { Authorizer } from './auth/authorizer.ts';
import type { RegistryRequest } from './types.ts';

export interface Traveller {
  readonly http: HttpClient;
  /** The one that may speak for an origin: with credentials for the registry's own, anonymous for every other. */
  readonly authorizerFor: (origin: string) => Authorizer;
}

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
const MAX_REDIRECTS = 10;
/** What describes the request itself. Everything else (Authorization, cookies, a caller's own headers) stays with the origin it was meant for. */
const TRAVELLING_HEADERS: ReadonlySet<string> = new Set(['accept', 'range', 'content-type', 'content-range']);

/**
 * One try of a request: authorisation learned from at most one 401 per hop, redirects followed by the rules of `checkHop`. `url` itself
 * is not changed by a redirect: a later resume begins at the registry again, because signed addresses expire.
 * Throws `REDIRECT_REFUSED`, `REGISTRY_PROTOCOL`, the errors of tokens and of connections.
 */
export async function travel(
  traveller: Traveller,
  request: RegistryRequest,
  start: URL,
): Promise<HttpResponse> {
  let url = start;
  let headers = request.headers ?? {};
  for (let hop = 0; hop <= MAX_REDIRECTS; hop++) {
    const response = await sendAuthorized(traveller, request, url, headers);
    if (!REDIRECTS.has(response.status) || request.expect.includes(response.status)) return response;
    const location = response.headers.location;
    if (location === undefined || !canFollow(request, response.status)) return response; // becomes a refusal
    discard(response);
    if (!URL.canParse(location, url.href))
      throw protocol(url, `redirects (${response.status}) to something that is not an address`);
    const next = new URL(location, url);
    checkHop(url, next, 'redirect');
    if (next.origin !== url.origin)
      headers = Object.fromEntries(
        Object.entries(headers).filter(([name]) => TRAVELLING_HEADERS.has(name.toLowerCase())),
      );
    url = next;
  }
  throw protocol(start, `redirects more than ${MAX_REDIRECTS} times`);
}

/** Reading follows every kind; writing only those that keep method and body (RFC 9110 section 15.4). */
function canFollow({ method }: RegistryRequest, status: number): boolean {
  return method === 'GET' || method === 'HEAD' || status === 307 || status === 308;
}

async function sendAuthorized(
  { http, authorizerFor }: Traveller,
  request: RegistryRequest,
  url: URL,
  headers: Readonly<Record<string, string>>,
): Promise<HttpResponse> {
  const authorizer = authorizerFor(url.origin);
  const { scopes, signal } = request;
  const authorization = await authorizer.header(scopes, signal);
  const response = await http.send(await toHttp(request, url, headers, authorization));
  if (response.status !== 401) return response;
  const other = await authorizer.answer(response, scopes, authorization, signal);
  if (other === undefined) return response;
  discard(response);
  return http.send(await toHttp(request, url, headers, other));
}

async function toHttp(
  request: RegistryRequest,
  url: URL,
  headers: Readonly<Record<string, string>>,
  authorization: string | undefined,
): Promise<HttpRequest> {
  const { method, body, signal, headerTimeoutMs } = request;
  return {
    method,
    url,
    headers: { ...headers, ...(authorization === undefined ? {} : { authorization }) },
    ...(body === undefined
      ? {}
      : { body: Buffer.isBuffer(body) ? body : { stream: await body.open(), length: body.length } }),
    ...(signal === undefined ? {} : { signal }),
    ...(headerTimeoutMs === undefined ? {} : { headerTimeoutMs }),
  };
}

/** Small bodies are read so that the connection can be used again; others are cut. */
export function discard({ headers, body }: HttpResponse): void {
  const length = Number(headers['content-length'] ?? Number.NaN);
  if (length <= 64 * 1024) body.resume();
  else body.destroy();
}

function protocol(url: URL, why: string): SallyportError {
  return new SallyportError('REGISTRY_PROTOCOL', why, { subject: `${url.origin}${url.pathname}` });
}
