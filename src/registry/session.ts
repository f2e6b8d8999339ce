import { type Clock, type EmitEvent, SallyportError, toSallyportError, whenAborted } from '../base/index.ts';
import { allowManyListeners, checkHop, type HttpResponse, readBounded } from '../http/index.ts';
import type { CredentialUse } from './auth/authorizer.ts';
import type { Endpoint } from './endpoint.ts';
import type { Lanes, Release } from './lanes.ts';
import type { Pace } from './pace.ts';
import type { PullGate } from './pull-limit.ts';
import { refusalOf } from './refusal.ts';
import { backoffMs, MAX_RETRY_AFTER_MS, pause, reasonOf } from './retry.ts';
import type { Standing } from './standing.ts';
import { discard, type Traveller, travel } from './travel.ts';
import type { Capabilities, RegistryRequest, RegistryResponse, RegistrySession } from './types.ts';

export interface SessionParts {
  readonly endpoint: Endpoint;
  readonly traveller: Traveller;
  readonly lanes: Lanes;
  readonly pace: Pace;
  readonly capabilities: Capabilities;
  readonly pullGate: PullGate;
  readonly standing: Standing;
  readonly clock: Clock;
  readonly emit: EmitEvent;
  /** Which credentials were used for a repository, for messages. */
  readonly credentialUse: (repository: string) => CredentialUse;
  readonly onWarning: (host: string, header: string | undefined) => void;
  /** The run is over: what is still under way for nobody is not tried again. */
  readonly isClosed: () => boolean;
}

/** A session over parts that all sessions to the same server share. */
export function createSession(parts: SessionParts): RegistrySession {
  const { endpoint, traveller, lanes, pace, capabilities, pullGate, standing, clock, emit } = parts;

  const resolve = (url: string | URL): URL => {
    const resolved = typeof url === 'string' ? new URL(url, endpoint.base) : url;
    checkHop(endpoint.base, resolved, 'location');
    return resolved;
  };

  const laneFor = ({ weight, method }: RegistryRequest): Lanes['small'] => {
    if (weight !== 'blob') return lanes.small;
    return method === 'GET' ? lanes.blobsIn : lanes.blobsOut;
  };

  const refusal = async (
    request: RegistryRequest,
    response: Pick<HttpResponse, 'status' | 'headers' | 'url' | 'body'>,
  ): Promise<SallyportError> =>
    refusalOf({
      what: request.what,
      method: request.method,
      registry: endpoint.registry,
      response,
      credentialUse: parts.credentialUse(request.scopes[0]?.repository ?? ''),
      now: clock.now(),
    });

  /** One try: a response that was expected, or the error. */
  const attempt = async (request: RegistryRequest, url: URL): Promise<RegistryResponse> => {
    await pace.ready(request.signal);
    const release = await laneFor(request).enter(request.signal);
    try {
      if (parts.isClosed()) throw new SallyportError('ABORTED', 'the run is over');
      standing.admit();
      const response = await travelOn(traveller, request, url);
      standing.answered(response.status);
      parts.onWarning(endpoint.registry, response.headers.warning);
      pullGate.hear(response.headers, request.isPull === true);
      if (!request.expect.includes(response.status)) throw await refusal(request, response);
      releaseAfter(request, response, release);
      return response;
    } catch (error) {
      release(isTooMuch(error) ? 'refused' : 'done');
      throw error;
    }
  };

  /** How long to wait before the next try, telling why; server and clock have their say. */
  const wait = async (request: RegistryRequest, error: SallyportError, tries: number): Promise<void> => {
    const asked = error.facts['retryAfterMs'];
    const wanted = typeof asked === 'number' ? asked : 0;
    if (wanted > MAX_RETRY_AFTER_MS) {
      emit({
        type: 'note',
        level: 'warning',
        subject: endpoint.registry,
        message: `the registry asks to wait ${Math.round(wanted / 1000)} s; trying again after ${MAX_RETRY_AFTER_MS / 1000} s`,
      });
    }
    const waitMs = Math.max(backoffMs(tries, clock.random(), error), Math.min(wanted, MAX_RETRY_AFTER_MS));
    emit({
      type: 'retry',
      host: endpoint.server,
      what: request.what,
      reason: reasonOf(error, request.what),
      waitMs,
      attempt: tries,
    });
    const status = error.facts['status'];
    // Meant for everybody who asks this server, not for this request alone.
    if (status === 429 || status === 503 || wanted > 0) pace.hold(waitMs);
    else await pause(clock, waitMs, request.signal);
  };

  /** Asks for the same without pulling it, to hear of the limit. */
  const look = async ({ isPull: _, ...request }: RegistryRequest): Promise<void> => {
    const free: RegistryRequest = { ...request, method: 'HEAD', expect: [200, 404, 429] };
    await insist(free, (url) => attempt(free, url));
  };

  /** Tries until it works, or fails in a way that trying again does not change. */
  const insist = async <T>(request: RegistryRequest, once: (url: URL) => Promise<T>): Promise<T> => {
    allowManyListeners(request.signal); // before queues and pauses listen to it
    const url = resolve(request.url);
    if (request.isPull === true) await pullGate.spend(() => look(request), request.signal);
    for (let tries = 1; ; tries++) {
      try {
        return await once(url);
      } catch (thrown) {
        const error = toSallyportError(thrown);
        const isLast = request.retry === false || standing.isLast(error, tries, request.isOptional);
        if (request.signal?.aborted === true || parts.isClosed()) throw error;
        if (isLast) throw standing.final(error);
        await wait(request, error, tries);
      }
    }
  };

  return {
    registry: endpoint.registry,
    prefix: endpoint.prefix,
    server: endpoint.server,
    capabilities,
    spread: lanes.spread,
    refusal,
    pullGate,
    standing,
    credentialUse: parts.credentialUse,
    read: (request, limit) =>
      insist(request, async (url) => {
        const response = await attempt(request, url);
        if (response.status === 200)
          return { response, bytes: await readBounded(response.body, limit, endpoint.registry) };
        discard(response);
        return { response, bytes: Buffer.alloc(0) };
      }),
    send: (request) => insist(request, (url) => attempt(request, url)),
  };
}

/** With the request's own signal, or later than it where the answer is needed all the same. */
async function travelOn(traveller: Traveller, request: RegistryRequest, url: URL): Promise<RegistryResponse> {
  const { signal, finishMs = 0 } = request;
  if (signal === undefined || signal.aborted || finishMs === 0) return travel(traveller, request, url);
  const late = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const forget = whenAborted(signal, () => {
    timer = setTimeout(() => late.abort(signal.reason), finishMs);
  });
  try {
    return await travel(traveller, { ...request, signal: late.signal }, url);
  } finally {
    clearTimeout(timer);
    forget();
  }
}

/** The server is not keeping up: it says so, or breaks off, or does not answer. */
function isTooMuch(error: unknown): boolean {
  if (!(error instanceof SallyportError)) return false;
  const { status, transient } = error.facts;
  return status === 429 || status === 503 || (status === undefined && transient === true);
}

/** The place is free when the body has been read or destroyed; at once when there is none. Blobs count by their bytes, the rest by answers. */
function releaseAfter(
  { method, weight, body: sent }: RegistryRequest,
  { status, headers, body }: HttpResponse,
  release: Release,
): void {
  const amount = weight === 'blob' ? Number(sent?.length ?? headers['content-length'] ?? 0) || 1 : 1;
  if (method === 'HEAD' || status === 204 || status === 304 || headers['content-length'] === '0')
    release('done', amount);
  else body.once('close', () => release('done', amount));
}
