import type { ApiRequest, ApiResponse } from '../types.ts';

/** Ways to break a connection on purpose, for tests of clients. */
export type Fault =
  /** Before anything is read or answered. */
  | { readonly kind: 'reset' }
  /** After so many bytes of the request's body; what came until then counts. */
  | { readonly kind: 'reset-request'; readonly afterBytes: number }
  /** After so many bytes of the answer's body. */
  | { readonly kind: 'reset-response'; readonly afterBytes: number }
  /** No answer ever; the client's patience decides. */
  | { readonly kind: 'hang' };

/** What an interceptor wants instead of, or done to, the real answer. */
export type Intercepted =
  | { readonly respond: ApiResponse }
  | { readonly fault: Fault }
  | { readonly rewrite: (response: ApiResponse) => ApiResponse | Promise<ApiResponse> };

/** Sees each request before the registry does; undefined lets it pass. */
export type Intercept = (request: ApiRequest) => Intercepted | undefined | Promise<Intercepted | undefined>;
