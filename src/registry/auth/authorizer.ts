import { type Clock, isAbort } from '../../base/index.ts';
import { checkHop, type HttpClient, type HttpResponse } from '../../http/index.ts';
import type { Credentials, Scope } from '../types.ts';
import { type Challenge, parseChallenges } from './challenge.ts';
import { challengedScopes, scopeKey, scopeTexts, widen } from './scopes.ts';
import { basicHeader, fetchToken, type Token } from './token.ts';

export interface AuthorizerOptions {
  readonly http: HttpClient;
  readonly clock: Clock;
  /** The only origin that ever gets what this makes. */
  readonly base: URL;
  /** Whose credentials; undefined for hosts that may only be asked anonymously. */
  readonly lookup: (repository: string, signal?: AbortSignal) => Promise<Credentials | undefined>;
}

/** For messages: what was tried for a repository. */
export type CredentialUse =
  | { readonly kind: 'not asked for' }
  | { readonly kind: 'none found' }
  | { readonly kind: 'used'; readonly origin: string };

/** Authorization for one origin. Learns lazily: nothing is sent before the server asked for it. */
export interface Authorizer {
  /** The header to send now, or undefined. */
  header(scopes: readonly Scope[], signal?: AbortSignal): Promise<string | undefined>;
  /** After a 401: another header that is worth one more try, or undefined when there is none. */
  answer(
    response: Pick<HttpResponse, 'headers' | 'url'>,
    scopes: readonly Scope[],
    sent: string | undefined,
    signal?: AbortSignal,
  ): Promise<string | undefined>;
  used(repository: string): CredentialUse;
}

/** Renewed so much earlier, for the way to the server and clocks that differ (containers/image uses the same). */
const RENEW_EARLY_MS = 5_000;

type Method =
  | { readonly kind: 'basic' }
  | { readonly kind: 'bearer'; readonly realm: URL; readonly service: string | undefined };

export function createAuthorizer({ http, clock, base, lookup }: AuthorizerOptions): Authorizer {
  let method: Method | undefined;
  let pinged = false;
  const tokens = new Map<string, Token>();
  const underWay = new Map<string, Promise<Token>>();
  /** Scopes that the registry asked for beyond ours, per our own. */
  const wider = new Map<string, readonly string[]>();
  /** Refresh tokens that services replaced, by the one from the configuration. */
  const rotated = new Map<string, string>();

  const uses = new Map<string, CredentialUse>();

  const credentialsFor = async (
    scopes: readonly Scope[],
    signal?: AbortSignal,
  ): Promise<Credentials | undefined> => {
    const repository = scopes[0]?.repository ?? '';
    const found = await lookup(repository, signal);
    uses.set(
      repository,
      found === undefined ? { kind: 'none found' } : { kind: 'used', origin: found.origin },
    );
    return found;
  };

  const learn = (challenges: readonly Challenge[], from: URL): Challenge | undefined => {
    for (const challenge of challenges) {
      const realm = challenge.parameters['realm'] ?? '';
      if (challenge.scheme !== 'bearer' || realm === '' || !URL.canParse(realm, from.href)) continue;
      const to = new URL(realm, from); // relative realms exist
      checkHop(base, to, 'token address of the registry');
      method = { kind: 'bearer', realm: to, service: challenge.parameters['service'] };
      return challenge;
    }
    const basic = challenges.find(({ scheme }) => scheme === 'basic');
    if (basic !== undefined) method = { kind: 'basic' };
    return basic;
  };

  /** gcr.io and others send 401 without a challenge on real requests and keep it for `GET /v2/`. */
  const ping = async (signal?: AbortSignal): Promise<Challenge | undefined> => {
    if (pinged) return undefined;
    pinged = true;
    const response = await http.send({
      method: 'GET',
      url: new URL('/v2/', base),
      ...(signal === undefined ? {} : { signal }),
    });
    response.body.destroy();
    return learn(parseChallenges(response.headers['www-authenticate']), response.url);
  };

  const ask = async (
    bearer: Extract<Method, { kind: 'bearer' }>,
    texts: readonly string[],
    scopes: readonly Scope[],
    signal?: AbortSignal,
  ): Promise<Token> => {
    const found = await credentialsFor(scopes, signal);
    if (found?.kind === 'registryToken')
      return { value: found.registryToken, expiresAt: Number.POSITIVE_INFINITY };
    const credentials =
      found?.kind === 'identityToken'
        ? { ...found, identityToken: rotated.get(found.identityToken) ?? found.identityToken }
        : found;
    const token = await fetchToken({
      http,
      clock,
      realm: bearer.realm,
      service: bearer.service,
      scopes: texts,
      credentials,
      ...(signal === undefined ? {} : { signal }),
    });
    if (found?.kind === 'identityToken' && token.refreshToken !== undefined)
      rotated.set(found.identityToken, token.refreshToken);
    return token;
  };

  /** One request per key in flight; who comes meanwhile shares its result, but not the fate of the one who gave up. */
  const tokenFor = async (
    bearer: Extract<Method, { kind: 'bearer' }>,
    scopes: readonly Scope[],
    signal?: AbortSignal,
  ): Promise<string> => {
    const own = scopeTexts(scopes);
    const key = scopeKey(own);
    for (;;) {
      const cached = tokens.get(key);
      if (cached !== undefined && cached.expiresAt - RENEW_EARLY_MS > clock.now())
        return `Bearer ${cached.value}`;
      const running = underWay.get(key);
      if (running !== undefined) {
        const shared = await running.catch((error: unknown) => {
          if (isAbort(error) && signal?.aborted !== true) return undefined;
          throw error;
        });
        if (shared === undefined) continue;
        return `Bearer ${shared.value}`;
      }
      const promise = ask(bearer, wider.get(key) ?? own, scopes, signal);
      underWay.set(key, promise);
      try {
        const token = await promise;
        tokens.set(key, token);
        return `Bearer ${token.value}`;
      } finally {
        underWay.delete(key);
      }
    }
  };

  const header: Authorizer['header'] = async (scopes, signal) => {
    if (method === undefined) return undefined;
    if (method.kind === 'bearer') return tokenFor(method, scopes, signal);
    const credentials = await credentialsFor(scopes, signal);
    return credentials?.kind === 'password'
      ? basicHeader(credentials.username, credentials.password)
      : undefined;
  };

  return {
    header,
    used: (repository) => uses.get(repository) ?? { kind: 'not asked for' },
    answer: async (response, scopes, sent, signal) => {
      const challenge =
        learn(parseChallenges(response.headers['www-authenticate']), response.url) ?? (await ping(signal));
      if (method?.kind === 'bearer' && challenge !== undefined) {
        const own = scopeTexts(scopes);
        const key = scopeKey(own);
        const asked = wider.get(key) ?? own;
        const wanted = widen(asked, challengedScopes(challenge.parameters['scope']));
        if (wanted.length > asked.length) wider.set(key, wanted);
        const cached = tokens.get(key);
        // The token that was refused, or one that lacks a scope, is of no use; one that another request fetched meanwhile may be.
        if (cached !== undefined && (sent === `Bearer ${cached.value}` || wanted.length > asked.length))
          tokens.delete(key);
      }
      const next = await header(scopes, signal);
      return next === sent ? undefined : next;
    },
  };
}
