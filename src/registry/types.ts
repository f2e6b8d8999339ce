import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';

/** What a request needs to be allowed; turned into token scopes (`repository:NAME:pull`). */
export interface Scope {
  readonly repository: string;
  readonly actions: 'pull' | 'pull,push' | 'delete';
}

export interface RegistryRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Path below the registry (`/v2/…`, query included) or an absolute URL that the registry itself gave (Location). */
  readonly url: string | URL;
  /** The needed scope first: some registries read only the first (registry-client note 12). */
  readonly scopes: readonly Scope[];
  readonly headers?: Readonly<Record<string, string>>;
  /** `open` is called anew for each try, so that a retry never replays a consumed stream. */
  readonly body?: Buffer | { readonly open: () => Promise<Readable> | Readable; readonly length: number };
  /** Statuses that are answers to this question; everything else becomes an error. */
  readonly expect: readonly number[];
  /** For error messages: what the caller is doing, about what. */
  readonly what: string;
  /** False: one try only (the caller has a better idea than to repeat, e.g. resuming). Default true. */
  readonly retry?: boolean;
  /** `small` requests never wait behind `blob` ones. Default `small`. */
  readonly weight?: 'small' | 'blob';
  readonly signal?: AbortSignal;
}

export interface RegistryResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** After redirects. */
  readonly url: URL;
  readonly body: Readable;
}

/**
 * A registry host as one caller sees it: credentials, tokens, retries with backoff, redirects without credentials, limits on what is in flight.
 * `send` throws SallyportError with method, redacted URL, status and the registry's own words.
 */
export interface RegistrySession {
  /** Host as in references (`docker.io`). */
  readonly registry: string;
  /** Path that stands before each repository when a mirror stands for the host, without slashes at its ends; usually empty. */
  readonly prefix: string;
  send(request: RegistryRequest): Promise<RegistryResponse>;
  /** The whole body, bounded. */
  readAll(response: RegistryResponse, limit: number): Promise<Buffer>;
}
