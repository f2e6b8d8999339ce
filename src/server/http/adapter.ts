import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { performance } from 'node:perf_hooks';
import { type EmitEvent, redactUrl } from '../../base/index.ts';
import type { AccessEntry } from '../access-log.ts';
import { type AppOptions, answer } from '../app.ts';
import type { ApiResponse } from '../types.ts';
import type { Fault, Intercept } from './fault.ts';
import { drain, expectsContinue, toApiRequest } from './incoming.ts';
import { sendResponse } from './outgoing.ts';

export interface AdapterOptions {
  readonly app: AppOptions;
  readonly scheme: 'http' | 'https';
  readonly intercept: Intercept | undefined;
  readonly emit: EmitEvent;
  /** The longest that one request may take, milliseconds; 0 for no limit. `listen` sees to its way in, this to the answer. */
  readonly requestMs: number;
  /** Told of each request that has ended. */
  readonly onAccess: ((entry: AccessEntry) => void) | undefined;
}

/** What nginx calls a client that went away before its answer. */
const CLIENT_GONE = 499;

/** A timer takes no more. */
const LONGEST_MS = 2 ** 31 - 1;

/** Connects the registry to node:http. */
export function makeListener(options: AdapterOptions): RequestListener {
  return (message, response) => {
    void serve(options, message, response);
  };
}

async function serve(
  options: AdapterOptions,
  message: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { counters } = options.app;
  const started = performance.now();
  const at = Date.now();
  const tally = { received: 0, sent: 0 };
  const gone = new AbortController();
  response.on('close', () => gone.abort());
  const tooLong =
    options.requestMs === 0
      ? undefined
      : setTimeout(
          () => {
            if (response.headersSent) response.destroy();
          },
          Math.min(options.requestMs, LONGEST_MS),
        );
  // Errors of a broken connection arrive where the body is read or the answer written; without a listener they would end the process.
  message.on('error', () => undefined);
  response.on('error', () => undefined);
  let breakRequest: number | undefined;
  const request = toApiRequest(message, response, {
    scheme: options.scheme,
    received: (bytes) => {
      tally.received += bytes;
      counters.bytesReceived += bytes;
    },
    signal: gone.signal,
    breakAfter: () => breakRequest,
  });
  counters.inFlight++;
  let status = CLIENT_GONE;
  let route = 'other';
  let user: string | undefined;
  try {
    const intercepted = await options.intercept?.(request);
    const fault: Fault | undefined =
      intercepted !== undefined && 'fault' in intercepted ? intercepted.fault : undefined;
    if (fault?.kind === 'hang') return;
    if (fault?.kind === 'reset') {
      message.socket.resetAndDestroy();
      return;
    }
    if (fault?.kind === 'reset-request') breakRequest = fault.afterBytes;
    let result: ApiResponse;
    if (intercepted !== undefined && 'respond' in intercepted) result = intercepted.respond;
    else {
      const real = await answer(options.app, request);
      route = real.route;
      user = real.user;
      result =
        intercepted !== undefined && 'rewrite' in intercepted
          ? await intercepted.rewrite(real.response)
          : real.response;
    }
    if (response.destroyed) return;
    if (!response.shouldKeepAlive && !expectsContinue(message)) await drain(message);
    await sendResponse(request.method, result, response, {
      sent: (bytes) => {
        tally.sent += bytes;
        counters.bytesSent += bytes;
      },
      breakAfter: fault?.kind === 'reset-response' ? fault.afterBytes : undefined,
    });
    status = result.status;
    void drain(message);
  } catch (thrown) {
    // After the headers nothing can be said any more; a cut connection tells the client that it has not got all.
    if (!gone.signal.aborted) options.app.onFailure(thrown, request);
    response.destroy();
  } finally {
    clearTimeout(tooLong);
    counters.inFlight--;
    counters.request(request.method, route, status);
    const ms = performance.now() - started;
    options.onAccess?.({
      ...tally,
      at,
      ms,
      user,
      status,
      remote: request.remote,
      method: request.method,
      url: message.url ?? '/',
      httpVersion: message.httpVersion,
      userAgent: request.headers['user-agent'],
    });
    options.emit({
      type: 'request',
      host: request.host,
      method: request.method,
      url: redactUrl(`${request.scheme}://${request.host}${message.url ?? '/'}`),
      status,
      ms,
    });
  }
}
