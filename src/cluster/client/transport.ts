import { type Clock, type EmitEvent, ignoreEvents, SallyportError, systemClock } from '../../base/index.ts';
import {
  createHttpClient,
  type HttpResponse,
  readUpTo,
  type UpgradingClient,
  type WebSocketConnection,
} from '../../http/index.ts';
import type { ClusterAccess, Credentials } from '../kubeconfig/types.ts';

export interface TransportOptions {
  readonly access: ClusterAccess;
  readonly userAgent: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock?: Clock;
  readonly emit?: EmitEvent;
  /** Requests at the same time. */
  readonly concurrency?: number;
}

export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Begins with `/`. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly contentType?: string;
  readonly body?: Buffer;
  readonly accept?: string;
  /** Sending it twice does what sending it once does; it is sent again after a cut connection. */
  readonly repeatable: boolean;
  readonly signal?: AbortSignal | undefined;
}

export interface ApiAnswer {
  readonly status: number;
  readonly body: Buffer;
}

export interface ApiTransport {
  readonly server: URL;
  /** Any status is an answer. Throws `CONNECTION_FAILED`, `TLS_FAILED`, `TIMEOUT`, `CREDENTIALS_INVALID`, `CLUSTER_UNAUTHORIZED`, `ABORTED`. */
  send(request: ApiRequest): Promise<ApiAnswer>;
  /** The same with the body still to be read: for watches and logs. */
  open(request: ApiRequest): Promise<HttpResponse>;
  webSocket(
    request: Pick<ApiRequest, 'path' | 'query' | 'signal'> & { readonly protocols: readonly string[] },
  ): Promise<WebSocketConnection | HttpResponse>;
  close(): void;
}

/** The largest list page of full CRDs is some ten megabytes. */
const ANSWER_LIMIT = 256 * 1024 * 1024;

/** Milliseconds before each further try: an API server that restarts is back within seconds. */
const RETRY_MS = [250, 1000, 2000, 4000] as const;

/** The API server asks us to come back with 429 and Retry-After; longer than this it is told to the user. */
const RETRY_AFTER_LIMIT_MS = 20_000;

export function createApiTransport(options: TransportOptions): ApiTransport {
  const { access, userAgent, env, clock = systemClock, emit = ignoreEvents, concurrency = 32 } = options;
  const { server, credentials } = access;
  let client: { readonly http: UpgradingClient; readonly of: string } | undefined;
  let closed = false;

  // Certificates belong to connections: others mean another pool.
  const httpFor = ({ cert, key }: Credentials): UpgradingClient => {
    const of = `${cert?.toString('base64') ?? ''}`;
    if (client?.of === of) return client.http;
    client?.http.close();
    const http = createHttpClient({
      userAgent,
      env,
      emit,
      maxSockets: concurrency,
      hostSettings: () => ({
        insecureSkipVerify: access.insecureSkipVerify,
        ...(access.ca === undefined ? {} : { ca: [access.ca], onlyCa: true }),
        ...(access.serverName === undefined ? {} : { serverName: access.serverName }),
        ...(access.proxy === undefined ? {} : { proxy: access.proxy }),
        ...(cert === undefined || key === undefined ? {} : { cert, key }),
      }),
    });
    client = { http, of };
    return http;
  };

  const urlOf = ({ path, query = {} }: Pick<ApiRequest, 'path' | 'query'>): URL => {
    const url = new URL(server);
    url.pathname = `${server.pathname.replace(/\/+$/, '')}${path}`;
    for (const [name, value] of Object.entries(query))
      for (const one of Array.isArray(value) ? (value as readonly string[]) : [value as string | undefined])
        if (one !== undefined) url.searchParams.append(name, one);
    return url;
  };

  const pause = async (ms: number, reason: string, attempt: number, request: ApiRequest): Promise<void> => {
    emit({
      type: 'retry',
      host: server.host,
      what: `${request.method} ${request.path}`,
      reason,
      waitMs: ms,
      attempt,
    });
    await clock.sleep(ms, request.signal);
  };

  const attempt = async (request: ApiRequest): Promise<HttpResponse> => {
    const used = await credentials.get(request.signal);
    const response = await httpFor(used).send({
      method: request.method,
      url: urlOf(request),
      headers: {
        accept: request.accept ?? 'application/json',
        ...used.headers,
        ...(request.contentType === undefined ? {} : { 'content-type': request.contentType }),
      },
      ...(request.body === undefined ? {} : { body: request.body }),
      ...(request.signal === undefined ? {} : { signal: request.signal }),
    });
    if (response.status !== 401) return response;
    const { bytes } = await readUpTo(response.body, 4096);
    throw unauthorized(server, used, bytes);
  };

  const open = async (request: ApiRequest): Promise<HttpResponse> => {
    let renewed = false;
    for (let tries = 0; ; ) {
      try {
        const response = await attempt(request);
        const wait = retryAfter(response, request);
        const planned = RETRY_MS[tries];
        if (wait === undefined || planned === undefined) return response;
        response.body.destroy();
        await pause(Math.max(wait, planned), `status ${response.status}`, ++tries, request);
      } catch (error) {
        if (!(error instanceof SallyportError)) throw error;
        if (error.code === 'CLUSTER_UNAUTHORIZED' && !renewed && credentials.renew()) {
          renewed = true;
          continue;
        }
        const planned = RETRY_MS[tries];
        // What closing cut off is nothing to try again.
        if (
          closed ||
          error.facts['transient'] !== true ||
          planned === undefined ||
          !mayRepeat(request, error)
        )
          throw away(error, access);
        await pause(planned, error.message, ++tries, request);
      }
    }
  };

  return {
    server,
    open,
    send: async (request) => {
      for (let tries = 0; ; ) {
        const response = await open(request);
        try {
          const { bytes } = await readUpTo(response.body, ANSWER_LIMIT);
          return { status: response.status, body: bytes };
        } catch (error) {
          const planned = RETRY_MS[tries];
          if (!(error instanceof SallyportError) || error.facts['transient'] !== true) throw error;
          if (closed || !request.repeatable || planned === undefined) throw away(error, access);
          await pause(planned, error.message, ++tries, request);
        }
      }
    },
    webSocket: async ({ protocols, signal, ...request }) => {
      const used = await credentials.get(signal);
      return httpFor(used).upgrade({
        url: urlOf(request),
        headers: used.headers,
        protocols,
        ...(signal === undefined ? {} : { signal }),
      });
    },
    close: () => {
      closed = true;
      client?.http.close();
    },
  };
}

/** A connection that was never made carried nothing; one that was cut may have carried the request. */
function mayRepeat({ repeatable }: ApiRequest, { facts }: SallyportError): boolean {
  return repeatable || facts['phase'] === 'dial' || facts['phase'] === 'tls' || facts['phase'] === 'proxy';
}

/** Milliseconds to wait when the server is too busy to have done anything. */
function retryAfter({ status, headers }: HttpResponse, { repeatable }: ApiRequest): number | undefined {
  if (status !== 429 && !(status === 503 && repeatable)) return undefined;
  const seconds = Number(headers['retry-after'] ?? 0);
  const ms = Number.isFinite(seconds) ? seconds * 1000 : 0;
  return ms > RETRY_AFTER_LIMIT_MS ? undefined : ms;
}

function unauthorized(server: URL, { origin, headers, cert }: Credentials, body: Buffer): SallyportError {
  const what =
    headers['authorization'] === undefined && cert === undefined
      ? 'the API server wants credentials, and there are none'
      : 'the API server does not accept the credentials: they are expired, revoked or of another cluster';
  return new SallyportError('CLUSTER_UNAUTHORIZED', `${what} (${origin})`, {
    subject: server.host,
    facts: { status: 401, body: body.length },
  });
}

/** Certificates of the wrong time are wrong wherever one looks; all else about TLS stands in the kubeconfig. */
const OF_THE_CLOCK: ReadonlySet<unknown> = new Set(['CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID']);

/** The address alone says little; which context led there says more, and what to change is in the kubeconfig. */
function away(error: SallyportError, access: ClusterAccess): SallyportError {
  if (error.code === 'TLS_FAILED' && !OF_THE_CLOCK.has(error.facts['reason']))
    return new SallyportError(error.code, error.message, {
      subject: `${access.server.host} (context ${access.context})`,
      cause: error,
      facts: error.facts,
      hint: 'Check server, certificate-authority, tls-server-name and the client certificate of this context in the kubeconfig; `kubectl get --raw /version` shows whether it helped.',
    });
  if (error.code !== 'CONNECTION_FAILED' && error.code !== 'TIMEOUT') return error;
  return new SallyportError(error.code, `the API server cannot be reached: ${error.message}`, {
    subject: `${access.server.host} (context ${access.context})`,
    cause: error,
    facts: error.facts,
    hint: 'Check that the cluster runs and that the context is the one you mean (`kubectl config get-contexts`); the same command continues.',
  });
}
