import type { Socket } from 'node:net';
import type { SecureContext } from 'node:tls';
import { ignoreEvents, redactUrl } from '../base/index.ts';
import { type DialPlan, dial } from './dial.ts';
import { exchange, isExchangeFailure, type Route } from './exchange.ts';
import { aborted, transportFailure } from './failures.ts';
import { askedWithoutTls, mayMeanTls, speaksTls } from './other-scheme.ts';
import { portOf, proxyAuthorization, proxyFor } from './proxy.ts';
import { allowManyListeners } from './signals.ts';
import { DEFAULT_TIMEOUTS } from './timeouts.ts';
import { createTrust } from './trust.ts';
import type { HostSettings, HttpClientOptions, HttpRequest, HttpResponse, UpgradingClient } from './types.ts';
import { upgrade } from './upgrade.ts';
import { createPool } from './wire/pool.ts';

interface OriginRoute extends Route {
  /** A connection of one's own, outside of the pool. */
  readonly open: () => Promise<Socket>;
  /** Set where plain http is spoken without a proxy: whether the server wants TLS, tried once. */
  readonly wantsTls?: () => Promise<boolean>;
}

/** A server with TLS answers a handshake at once; one without may wait for the end of a line that never comes. */
const TRIAL_MS = 3000;

/**
 * HTTP/1.1 with a keep-alive pool per origin with that host's TLS settings, through the proxy that the environment names.
 * Nothing is opened before the first request. Throws for a host whose certificates cannot be used.
 */
export function createHttpClient(options: HttpClientOptions): UpgradingClient {
  const { env = {}, emit = ignoreEvents, maxSockets = 192, userAgent } = options;
  const timeouts = { ...DEFAULT_TIMEOUTS, ...options.timeouts };
  const trust = createTrust(env);
  const routes = new Map<string, OriginRoute>();
  const sockets = new Set<Socket>();

  const track = (socket: Socket): void => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  };

  const routeTo = ({ url, refuseLocalPeer = false }: HttpRequest): OriginRoute => {
    // Never shared: a connection that the user named may lead here, one that a server named may not.
    const key = `${url.origin} ${refuseLocalPeer}`;
    const found = routes.get(key);
    if (found !== undefined) return found;
    const origin = new URL(url.origin);
    const settings: HostSettings = options.hostSettings?.(url.host) ?? {};
    const proxy = settings.proxy ?? proxyFor(url, env);
    const secure = url.protocol === 'https:';
    let context: SecureContext | undefined;
    const plan: DialPlan = {
      origin,
      ...(proxy === undefined ? {} : { proxy }),
      context: () => {
        context ??= trust.contextFor(url.host, settings);
        return context;
      },
      proxyContext: () => trust.contextFor(proxy?.host ?? '', {}),
      refuseLocalPeer,
      insecureSkipVerify: settings.insecureSkipVerify === true,
      ...(settings.serverName === undefined ? {} : { serverName: settings.serverName }),
      timeouts,
      track,
    };
    const open = (): Promise<Socket> => dial(plan);
    const viaProxy =
      proxy !== undefined && !secure ? { authorization: proxyAuthorization(proxy) } : undefined;
    const route: OriginRoute = {
      pool: createPool(maxSockets, open),
      open,
      direct: proxy === undefined,
      ...(viaProxy === undefined ? {} : { viaProxy }),
      ...(secure || proxy !== undefined ? {} : { wantsTls: tlsTrial(plan) }),
    };
    routes.set(key, route);
    return route;
  };

  /** Without a client certificate and without judging the server's: the question is only whether TLS is spoken. */
  const tlsTrial = (plan: DialPlan): (() => Promise<boolean>) => {
    let found: Promise<boolean> | undefined;
    return () => {
      found ??= speaksTls(() =>
        dial({
          ...plan,
          origin: new URL(`https://${plan.origin.hostname}:${portOf(plan.origin)}/`),
          context: () => trust.contextFor(plan.origin.host, {}),
          insecureSkipVerify: true,
          timeouts: { ...timeouts, tls: Math.min(timeouts.tls, TRIAL_MS) },
        }),
      );
      return found;
    };
  };

  const once = async (request: HttpRequest, route: OriginRoute): Promise<HttpResponse> => {
    try {
      return await exchange(request, route, userAgent, timeouts);
    } catch (thrown) {
      if (!isExchangeFailure(thrown)) throw thrown;
      if (!thrown.stale) throw thrown.error;
    }
    route.pool.dropIdle();
    try {
      return await exchange(request, route, userAgent, timeouts);
    } catch (thrown) {
      if (!isExchangeFailure(thrown)) throw thrown;
      throw transportFailure(thrown.error, request.url.host, 'send', request.signal);
    }
  };

  /** As `once`, but a server that was asked in plain http and wants TLS is told as that (`other-scheme.ts`). */
  const onceInScheme = async (request: HttpRequest, route: OriginRoute): Promise<HttpResponse> => {
    const wantsTls = async (outcome: unknown): Promise<boolean> =>
      mayMeanTls(outcome) && (await route.wantsTls?.()) === true;
    let response: HttpResponse;
    try {
      response = await once(request, route);
    } catch (error) {
      throw (await wantsTls(error)) ? askedWithoutTls(request.url.host) : error;
    }
    if (!(await wantsTls(response.status))) return response;
    response.body.destroy();
    throw askedWithoutTls(request.url.host);
  };

  return {
    send: async (request) => {
      const { signal, url, body } = request;
      const started = Date.now();
      const tell = (status: number): void =>
        emit({
          type: 'request',
          host: url.host,
          method: request.method,
          url: redactUrl(url),
          status,
          ms: Date.now() - started,
        });
      try {
        if (signal !== undefined) {
          if (signal.aborted) throw aborted(signal.reason);
          allowManyListeners(signal);
        }
        const route = routeTo(request);
        const response = await onceInScheme(request, route);
        tell(response.status);
        return response;
      } catch (error) {
        // A request that never began has not taken its source over.
        if (body !== undefined && !Buffer.isBuffer(body)) body.stream.destroy();
        tell(0);
        throw error;
      }
    },
    upgrade: async (request) => {
      const { url, signal, headers = {} } = request;
      if (signal?.aborted === true) throw aborted(signal.reason);
      allowManyListeners(signal);
      const { open, viaProxy } = routeTo({ method: 'GET', url });
      const path = `${viaProxy === undefined ? '' : url.origin}${url.pathname}${url.search}`;
      const authorization = viaProxy?.authorization;
      return upgrade(
        {
          ...request,
          headers: {
            ...headers,
            ...(authorization === undefined ? {} : { 'proxy-authorization': authorization }),
          },
        },
        open,
        { userAgent, timeouts, path },
      );
    },
    close: () => {
      for (const { pool } of routes.values()) pool.close();
      for (const socket of sockets) socket.destroy();
      routes.clear();
    },
  };
}
