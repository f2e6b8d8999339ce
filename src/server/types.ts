import type { Readable } from 'node:stream';

/** A request as handlers see it: no sockets, so that a table of requests and responses can test them. */
export interface ApiRequest {
  readonly method: string;
  /** Path as sent, without the query, percent-encoding untouched. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** Names in lower case; repeated headers joined by `, `. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** `http` or `https`, and the host the client used: what absolute URLs in answers are made of. */
  readonly scheme: 'http' | 'https';
  readonly host: string;
  /** The client's address, for the log. */
  readonly remote: string;
  /** The body, once. Fails when the connection breaks or a limit is passed. */
  readonly body: AsyncIterable<Buffer>;
  readonly signal: AbortSignal;
}

/** A response as handlers give it. A HEAD answer is a GET answer whose body is not sent. */
export interface ApiResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: Buffer | ApiStream;
}

export interface ApiStream {
  readonly length: number;
  /** Called only when the bytes are wanted (not for HEAD). */
  readonly open: () => Promise<Readable>;
}
