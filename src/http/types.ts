import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import type { EmitEvent } from '../base/index.ts';

/** One HTTP exchange without redirects, credentials or retries: those are decisions of the caller. */
export interface HttpRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>>;
  /** Bytes in memory, or a stream with its exact length. */
  readonly body?: Buffer | { readonly stream: Readable; readonly length: number };
  /** Milliseconds from the last byte of the request to the first of the answer. Default: see `Timeouts`. */
  readonly headerTimeoutMs?: number;
  /** Refuses to talk when the name leads to this machine or its link: for addresses that a server gave us. Not known behind a proxy. */
  readonly refuseLocalPeer?: boolean;
  readonly signal?: AbortSignal;
}

export interface HttpResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly url: URL;
  /** Whether the other side is this machine or its link; undefined behind a proxy. */
  readonly peerIsLocal?: boolean;
  /** Exactly the bytes on the wire (identity encoding). Must be consumed or destroyed. Fails on a body shorter than Content-Length and when no byte comes for the progress timeout. */
  readonly body: Readable;
}

/** TLS and proxy settings of one host. */
export interface HostSettings {
  readonly plainHttp?: boolean;
  readonly insecureSkipVerify?: boolean;
  /** PEM. Added to the system's. */
  readonly ca?: readonly Buffer[];
  /** Trusts nothing but `ca`: what a kubeconfig's authority means. */
  readonly onlyCa?: boolean;
  readonly cert?: Buffer;
  readonly key?: Buffer;
  /** Name that the certificate must carry, when it is not the one that is dialled. */
  readonly serverName?: string;
  /** Instead of the one that the environment names. */
  readonly proxy?: URL;
}

/** Milliseconds. Defaults and their sources stand in `timeouts.ts`. */
export interface Timeouts {
  /** TCP connection, and the answer of a proxy to CONNECT. */
  readonly dial: number;
  readonly tls: number;
  /** From the last byte of the request to the answer's headers. */
  readonly header: number;
  /** The same for PUT and PATCH of bytes in memory (manifests): registries check what a manifest refers to before they answer. */
  readonly putHeader: number;
  /** The same after a streamed body (blobs): object stores move the whole blob before they answer. */
  readonly streamHeader: number;
  /** Without a byte in either direction while a body moves. */
  readonly progress: number;
}

export interface HttpClientOptions {
  /** `sallyport/1.2.3`. */
  readonly userAgent: string;
  /** For HTTPS_PROXY, HTTP_PROXY, ALL_PROXY, NO_PROXY (lower case too), NODE_EXTRA_CA_CERTS and SSL_CERT_FILE. Default: none. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Asked once per `host[:port]`, when it is first needed. */
  readonly hostSettings?: (host: string) => HostSettings;
  readonly timeouts?: Partial<Timeouts>;
  /** Connections per host at the most. Default 192: the limits that matter are the caller's. */
  readonly maxSockets?: number;
  readonly emit?: EmitEvent;
}

/** What `facts` of a transport failure says; the caller decides by it whether to try again. */
export interface TransportFacts {
  /** Where it happened. */
  readonly phase: 'dial' | 'proxy' | 'tls' | 'send' | 'headers' | 'body';
  /** Code of the system error or of the parser (`ECONNRESET`, `HPE_INVALID_CONSTANT`, `TIMEOUT`…). */
  readonly reason: string;
  /** The same request may succeed when it is sent again. */
  readonly transient: boolean;
}

export interface UpgradeRequest extends Pick<HttpRequest, 'url' | 'headers' | 'signal' | 'headerTimeoutMs'> {
  /** Sub-protocols that are offered, the best first. */
  readonly protocols: readonly string[];
}

export interface WebSocketConnection {
  /** The sub-protocol that the server chose. */
  readonly protocol: string;
  /** Whole messages, until the other side closes. Throws `CONNECTION_FAILED`, `ABORTED`. */
  messages(): AsyncIterable<Buffer>;
  /** Sends one binary message. */
  send(message: Buffer): void;
  /** Says goodbye and ends the connection. */
  close(): void;
}

export interface HttpClient {
  /** Throws `CONNECTION_FAILED`, `TLS_FAILED`, `TIMEOUT`, `ABORTED`, `REDIRECT_REFUSED` (only with `refuseLocalPeer`); any status is an answer, not a failure. */
  send(request: HttpRequest): Promise<HttpResponse>;
  /** Ends idle connections. */
  close(): void;
}

/** A client that speaks WebSocket too; few callers need one. */
export interface UpgradingClient extends HttpClient {
  /** Opens a WebSocket (RFC 6455). Throws as `send` does; any other answer than 101 is given back as it is, for the caller to judge. */
  upgrade(request: UpgradeRequest): Promise<WebSocketConnection | HttpResponse>;
}
