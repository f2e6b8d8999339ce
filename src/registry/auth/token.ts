import { type Clock, printable, SallyportError } from '../../base/index.ts';
import { checkHop, type HttpClient, type HttpResponse, readBounded } from '../../http/index.ts';
import { cleanText } from '../clean-text.ts';
import { isTransientStatus, parseRetryAfter } from '../retry.ts';
import type { Credentials } from '../types.ts';

export interface Token {
  readonly value: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
  /** A refresh token that replaces the one that was used (rotation). */
  readonly refreshToken?: string;
}

export interface TokenQuestion {
  readonly http: HttpClient;
  readonly clock: Clock;
  readonly realm: URL;
  readonly service: string | undefined;
  readonly scopes: readonly string[];
  readonly credentials: Credentials | undefined;
  readonly signal?: AbortSignal;
}

const CLIENT_ID = 'sallyport';
/** Real answers are a few kilobytes; go-containerregistry accepts 64 KiB, oras-go 128. */
const ANSWER_LIMIT = 128 * 1024;
/** Lifetime of a token that does not say it or says less (distribution docs/content/spec/auth/token.md). */
const SHORTEST_LIFE_S = 60;
const MAX_REDIRECTS = 5;
/** Services without the OAuth2 form answer its POST so; they are asked by GET (go-containerregistry bearer.go; 400, 401 and 405 by practice). */
const NO_OAUTH2: ReadonlySet<number> = new Set([400, 401, 404, 405]);

/**
 * Asks a token service. Refresh tokens go by POST (distribution docs/content/spec/auth/oauth.md) and, where that is unknown, by GET;
 * everything else by GET with Basic credentials or none. `offline_token` is never asked for: some services then answer with tokens that
 * do not work. Throws `UNAUTHORIZED`, `REGISTRY_REFUSED`, `RATE_LIMITED`, `REGISTRY_PROTOCOL` and what `send` throws.
 */
export async function fetchToken(question: TokenQuestion): Promise<Token> {
  const { credentials } = question;
  if (credentials?.kind !== 'identityToken') {
    return read(question, await get(question, credentials?.kind === 'password' ? credentials : undefined));
  }
  const response = await post(question, credentials.identityToken);
  if (!NO_OAUTH2.has(response.status)) return read(question, response);
  response.body.destroy();
  return read(question, await get(question, { username: '<token>', password: credentials.identityToken }));
}

function post(
  { http, realm, service, scopes, signal }: TokenQuestion,
  refreshToken: string,
): Promise<HttpResponse> {
  const form = new URLSearchParams({
    grant_type: 'refresh_token',
    client_id: CLIENT_ID,
    refresh_token: refreshToken,
  });
  if (service !== undefined) form.set('service', service);
  if (scopes.length > 0) form.set('scope', scopes.join(' '));
  return http.send({
    method: 'POST',
    url: realm,
    headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
    body: Buffer.from(form.toString()),
    ...(signal === undefined ? {} : { signal }),
  });
}

async function get(
  question: TokenQuestion,
  basic: { readonly username: string; readonly password: string } | undefined,
): Promise<HttpResponse> {
  const { http, realm, service, scopes, signal } = question;
  let url = new URL(realm);
  if (service !== undefined) url.searchParams.set('service', service);
  for (const scope of scopes) url.searchParams.append('scope', scope);
  url.searchParams.set('client_id', CLIENT_ID);
  if (basic !== undefined && basic.username !== '<token>') url.searchParams.set('account', basic.username);
  const { origin } = url;
  for (let hop = 0; hop <= MAX_REDIRECTS; hop++) {
    const response = await http.send({
      method: 'GET',
      url,
      headers: {
        accept: 'application/json',
        ...(basic !== undefined && url.origin === origin
          ? { authorization: basicHeader(basic.username, basic.password) }
          : {}),
      },
      ...(signal === undefined ? {} : { signal }),
    });
    const { location } = response.headers;
    if (
      response.status < 300 ||
      response.status > 399 ||
      location === undefined ||
      !URL.canParse(location, url.href)
    )
      return response;
    response.body.destroy();
    const next = new URL(location, url);
    checkHop(url, next, 'redirect of the token service');
    url = next;
  }
  throw new SallyportError(
    'REGISTRY_PROTOCOL',
    `the token service redirects more than ${MAX_REDIRECTS} times`,
    { subject: realm.host },
  );
}

/** `Basic …` in UTF-8 (RFC 7617). */
export function basicHeader(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

async function read(
  { clock, realm, credentials, scopes }: TokenQuestion,
  response: HttpResponse,
): Promise<Token> {
  const body = await readBounded(response.body, ANSWER_LIMIT, realm.host);
  if (response.status !== 200) throw refused(realm, credentials, scopes, response, body, clock.now());
  const answer = parseObject(body);
  const value = text(answer, 'token') ?? text(answer, 'access_token');
  // A token goes into a header: control characters in it would be a way to forge others.
  if (value === undefined || !/^[\x21-\x7e]+$/.test(value))
    throw new SallyportError(
      'REGISTRY_PROTOCOL',
      `the token service ${realm.host} gave no usable token: ${cleanText(withoutTokens(body))}`,
      {
        subject: realm.host,
      },
    );
  const refreshToken = text(answer, 'refresh_token');
  return {
    value,
    expiresAt: expiry(answer, clock.now()),
    ...(refreshToken === undefined ? {} : { refreshToken }),
  };
}

/** The rules of regclient's validateResponse: at least a minute, from now when the service's clock runs ahead of ours. */
function expiry(answer: Readonly<Record<string, unknown>>, now: number): number {
  const life = answer['expires_in'];
  const seconds =
    typeof life === 'number' && Number.isFinite(life) ? Math.max(life, SHORTEST_LIFE_S) : SHORTEST_LIFE_S;
  const issued = Date.parse(text(answer, 'issued_at') ?? '');
  return (Number.isNaN(issued) || issued > now ? now : issued) + seconds * 1000;
}

function refused(
  realm: URL,
  credentials: Credentials | undefined,
  scopes: readonly string[],
  response: HttpResponse,
  body: Buffer,
  now: number,
): SallyportError {
  const { status } = response;
  const who =
    credentials === undefined
      ? 'without credentials (none were found)'
      : `with the credentials of ${credentials.origin}`;
  const about = scopes.length === 0 ? '' : ` for ${printable(scopes.join(' '), 200)}`;
  const denied = status === 401 || status === 403 || status === 400;
  const retryAfterMs = parseRetryAfter(response.headers['retry-after'], now);
  return new SallyportError(
    denied ? 'UNAUTHORIZED' : status === 429 ? 'RATE_LIMITED' : 'REGISTRY_REFUSED',
    `the token service ${realm.host} gave no token${about}, asked ${who}: ${status} ${cleanText(withoutTokens(body))}`.trimEnd(),
    {
      subject: realm.host,
      facts: {
        status,
        codes: '',
        method: 'GET',
        url: `${realm.origin}${realm.pathname}`,
        transient: isTransientStatus(status),
        ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
      },
    },
  );
}

/** An answer may hold a token even though it is not accepted; what is shown of it must not. */
function withoutTokens(body: Buffer): Buffer {
  return Buffer.from(
    body.toString('utf8').replace(/("[^"]*token[^"]*"\s*:\s*)"(?:[^"\\]|\\.)*"?/gi, '$1"…"'),
  );
}

function parseObject(body: Buffer): Readonly<Record<string, unknown>> {
  try {
    const parsed: unknown = JSON.parse(body.toString('utf8'));
    return typeof parsed === 'object' && parsed !== null ? (parsed as Record<string, unknown>) : {};
  } catch {
    return {}; // told by the caller: there is no token in it
  }
}

function text(answer: Readonly<Record<string, unknown>>, name: string): string | undefined {
  const value = answer[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}
