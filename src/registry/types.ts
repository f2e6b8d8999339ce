import type { Readable } from 'node:stream';
import type { SallyportError } from '../base/index.ts';
import type { HttpResponse } from '../http/index.ts';
import type { CredentialUse } from './auth/authorizer.ts';
import type { PullGate } from './pull-limit.ts';
import type { Standing } from './standing.ts';

/** What a request needs to be allowed; turned into token scopes (`repository:NAME:pull`). */
export interface Scope {
  /** As it stands in the URL: with the mirror's prefix when there is one. */
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
  /** Statuses that are answers to this question; everything else becomes an error. A redirect status named here is not followed. */
  readonly expect: readonly number[];
  /** For error messages: what the caller is doing, about what. */
  readonly what: string;
  /** True for what registries count as a pull: reading a manifest. */
  readonly isPull?: boolean;
  /** False: one try only (the caller has a better idea than to repeat, e.g. resuming). Default true. */
  readonly retry?: boolean;
  /** True where something else is sent in its place when it fails: that says nothing of the whole server. Default false. */
  readonly isOptional?: boolean;
  /** `small` requests never wait behind `blob` ones. Default `small`. */
  readonly weight?: 'small' | 'blob';
  /** Milliseconds from the end of the request to the answer. Default 30 s, 60 s for PUT and PATCH, 300 s after a streamed body. */
  readonly headerTimeoutMs?: number;
  readonly signal?: AbortSignal;
  /**
   * Milliseconds that an answer is still waited for after `signal`, once the request is on its way: for what opens something that nobody could
   * close without the answer. Default 0.
   */
  readonly finishMs?: number;
}

export interface RegistryResponse {
  readonly status: number;
  readonly headers: HttpResponse['headers'];
  /** After redirects. */
  readonly url: URL;
  /** Must be read or destroyed: the place in the queue is free only then. Empty ones (HEAD, 204, length 0) need nothing. */
  readonly body: Readable;
}

/**
 * A registry host as one caller sees it: credentials, tokens, retries with backoff, redirects without credentials, limits on what is in flight.
 * `send` throws SallyportError with method, redacted URL, status and the registry's own words; its `facts` are `RefusalFacts` or,
 * when nothing was answered, `TransportFacts` of http/.
 */
/** An answer with its whole body. */
export interface ReadAnswer {
  readonly response: Pick<RegistryResponse, 'status' | 'headers' | 'url'>;
  readonly bytes: Buffer;
}

export interface RegistrySession {
  /** Host as in references (`docker.io`). */
  readonly registry: string;
  /** Path that stands before each repository when a mirror stands for the host, without slashes at its ends; usually empty. */
  readonly prefix: string;
  /** `host[:port]` that is really asked: the mirror's, or `registry-1.docker.io`. */
  readonly server: string;
  /** What was learned of this server so far. */
  readonly capabilities: Capabilities;
  /** Places for one blob that is read over several connections (`lanes.ts`). */
  spread(): (() => void) | undefined;
  /** Whether it answers in this run, and how long it is waited for. */
  readonly standing: Standing;
  /** The pulls that the registry allows and that were made. */
  readonly pullGate: PullGate;
  /** Which credentials were used for a repository, for messages. */
  credentialUse(repository: string): CredentialUse;
  send(request: RegistryRequest): Promise<RegistryResponse>;
  /**
   * Sends and reads the whole body of a 200, so that an answer that breaks off is asked for again like one that did not come. Of other
   * expected answers the body is left aside and `bytes` is empty. Throws `REGISTRY_PROTOCOL` when there are more than `limit` bytes.
   */
  read(request: RegistryRequest, limit: number): Promise<ReadAnswer>;
  /** Makes the error that `send` would have thrown from an answer whose status was expected. Reads the body. */
  refusal(request: RegistryRequest, response: RegistryResponse): Promise<SallyportError>;
}

/** `facts` of an error that stands for an answer of the registry. */
export interface RefusalFacts {
  readonly status: number;
  /** Codes of the error body (`MANIFEST_UNKNOWN,…`), empty when it has none. */
  readonly codes: string;
  readonly method: string;
  /** Redacted. */
  readonly url: string;
  /** The same request may succeed later. */
  readonly transient: boolean;
  readonly retryAfterMs?: number;
}

/** What one can learn of a registry only by trying (registry-client note 4.15), with the type of each answer. */
export interface CapabilityValues {
  /** Answers 206 to a Range of a blob. */
  readonly rangeGet: boolean;
  /** Several connections bring more of a very large blob than one. */
  readonly spreadReads: boolean;
  /** Has the referrers API; false: the tag schema is used. */
  readonly referrersApi: boolean;
  /** Mounts when `from` is named. */
  readonly mountFrom: boolean;
  /** Mounts without `from`. */
  readonly mountAnywhere: boolean;
  /** Takes a whole blob in one PUT. */
  readonly monolithicUpload: boolean;
  /** Takes PATCH with chunks. */
  readonly chunkedUpload: boolean;
  /** `OCI-Chunk-Min-Length`, bytes. */
  readonly chunkMinimum: number;
  /** Largest request body that was not refused with 413 for its size, bytes. */
  readonly maxBody: number;
  /** Takes a manifest by digest. */
  readonly putByDigest: boolean;
  /** Gives Docker-Content-Digest on HEAD. */
  readonly headDigest: boolean;
  /** The ETag of a manifest is its digest, so that a question may name what the asker has. */
  readonly digestEtag: boolean;
  /** Takes an index of which some children are missing. */
  readonly sparseIndex: boolean;
  readonly delete: boolean;
  /** Refused to move a tag. */
  readonly immutableTags: boolean;
}

/** One answer and how long it is believed. */
export interface LearnedCapability {
  readonly name: keyof CapabilityValues;
  readonly value: boolean | number;
  /** Milliseconds since the epoch. */
  readonly until: number;
}

export interface Capabilities {
  /** Undefined: not known, or too long ago. */
  get<Name extends keyof CapabilityValues>(name: Name): CapabilityValues[Name] | undefined;
  /** Believed for `ttlMs`; the default belongs to the name. */
  set<Name extends keyof CapabilityValues>(name: Name, value: CapabilityValues[Name], ttlMs?: number): void;
  /**
   * Asks what tells `name`, and while nobody knows it, only the first who comes does: the others wait, so that a thousand questions in
   * flight do not all learn the same. `ask` is run once for every caller and looks at what is known then.
   */
  findOut<T>(name: keyof CapabilityValues, ask: () => Promise<T>): Promise<T>;
  /** What is known now, for reports. */
  all(): Readonly<Partial<CapabilityValues>>;
  /** The same with its expiry, to keep for other runs. */
  learned(): readonly LearnedCapability[];
}

/** A secret for a registry and where it was found; `origin` is fit for messages. */
export type Credentials = { readonly origin: string } & (
  | { readonly kind: 'password'; readonly username: string; readonly password: string }
  /** OAuth2 refresh token (`identitytoken` in configuration files, user `<token>` from helpers). */
  | { readonly kind: 'identityToken'; readonly identityToken: string }
  /** Sent as bearer token as it is. */
  | { readonly kind: 'registryToken'; readonly registryToken: string }
);

export interface CredentialSource {
  /**
   * The credentials for a repository of a host (`docker.io` for Docker Hub), or undefined: anonymous.
   * Throws `CREDENTIALS_INVALID` naming the file or helper.
   */
  lookup(host: string, repository: string, signal?: AbortSignal): Promise<Credentials | undefined>;
}

/** What the configuration says of a registry host. */
export interface RegistrySettings {
  /** `host[:port][/path]` that stands for the host; the other settings then speak of that server. */
  readonly mirror?: string;
  readonly plainHttp?: boolean;
  /** Blob transfers in flight at the most, in each direction. Small requests are limited beside them. */
  readonly concurrency?: number;
}
