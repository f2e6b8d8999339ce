import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';

/** One HTTP exchange without redirects, credentials or retries: those are decisions of the caller. */
export interface HttpRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>>;
  /** Bytes in memory, or a stream with its exact length. */
  readonly body?: Buffer | { readonly stream: Readable; readonly length: number };
  readonly signal?: AbortSignal;
}

export interface HttpResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly url: URL;
  /** Exactly the bytes on the wire (identity encoding). Must be consumed or destroyed. Fails on a body shorter than Content-Length and when no byte comes for the progress timeout. */
  readonly body: Readable;
}

/** TLS and proxy settings of one host. */
export interface HostSettings {
  readonly plainHttp?: boolean;
  readonly insecureSkipVerify?: boolean;
  /** PEM. Added to the system's. */
  readonly ca?: readonly Buffer[];
  readonly cert?: Buffer;
  readonly key?: Buffer;
}

export interface HttpClient {
  /** Throws `CONNECTION_FAILED`, `TLS_FAILED`, `TIMEOUT`, `ABORTED`; any status is an answer, not a failure. */
  send(request: HttpRequest): Promise<HttpResponse>;
  /** Ends idle connections. */
  close(): void;
}
