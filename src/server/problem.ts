import { type ErrorCode, SallyportError } from '../base/index.ts';
import type { ApiResponse } from './types.ts';

/** Error codes of distribution-spec v1.1 "Error Codes" with the status each is answered with. */
const STATUS = {
  BLOB_UNKNOWN: 404,
  BLOB_UPLOAD_INVALID: 400,
  BLOB_UPLOAD_UNKNOWN: 404,
  DIGEST_INVALID: 400,
  MANIFEST_BLOB_UNKNOWN: 404,
  MANIFEST_INVALID: 400,
  MANIFEST_UNKNOWN: 404,
  NAME_INVALID: 400,
  NAME_UNKNOWN: 404,
  SIZE_INVALID: 400,
  UNAUTHORIZED: 401,
  DENIED: 403,
  UNSUPPORTED: 405,
  TOOMANYREQUESTS: 429,
  /** Not of the spec; what other registries say for everything else. */
  UNKNOWN: 500,
} as const;

export type ProblemCode = keyof typeof STATUS;

interface ProblemEntry {
  readonly message: string;
  readonly detail?: unknown;
}

export interface ProblemOptions {
  readonly detail?: unknown;
  /** Instead of the status that belongs to the code. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** An answer in the spec's error form. */
export function problem(code: ProblemCode, message: string, options: ProblemOptions = {}): ApiResponse {
  return problems(code, [{ message, detail: options.detail }], options);
}

/** Several errors of one code, for example every blob that a manifest lacks. */
export function problems(
  code: ProblemCode,
  entries: readonly ProblemEntry[],
  options: ProblemOptions = {},
): ApiResponse {
  const errors = entries.map(({ message, detail }) => ({
    code,
    message,
    ...(detail === undefined ? {} : { detail }),
  }));
  return json(options.status ?? STATUS[code], { errors }, options.headers);
}

export function json(
  status: number,
  value: unknown,
  headers: Readonly<Record<string, string | readonly string[]>> = {},
  contentType = 'application/json',
): ApiResponse {
  return {
    status,
    headers: { 'content-type': contentType, ...headers },
    body: Buffer.from(JSON.stringify(value)),
  };
}

/** How failures of the layers below are told to a client. What is not listed is our own trouble: 500. */
const FAILURES: Partial<Readonly<Record<ErrorCode, readonly [ProblemCode, number?]>>> = {
  DIGEST_MISMATCH: ['DIGEST_INVALID'],
  SIZE_MISMATCH: ['SIZE_INVALID'],
  MANIFEST_INVALID: ['MANIFEST_INVALID'],
  UNSUPPORTED_MEDIA_TYPE: ['MANIFEST_INVALID'],
  MANIFEST_NOT_FOUND: ['MANIFEST_UNKNOWN'],
  BLOB_NOT_FOUND: ['BLOB_UNKNOWN'],
  REFERENCE_INVALID: ['NAME_INVALID'],
  // RFC 4918 section 11.5: the server has no room for it.
  NO_SPACE: ['DENIED', 507],
  LOCKED: ['UNKNOWN', 503],
};

/** A thrown failure as an answer; the text of unknown ones stays here, because it may name local paths. */
export function problemOf(thrown: unknown): ApiResponse {
  const known = thrown instanceof SallyportError ? FAILURES[thrown.code] : undefined;
  if (known === undefined || !(thrown instanceof SallyportError))
    return problem('UNKNOWN', 'the registry could not do this; its log says why');
  const [code, status] = known;
  const message = code === 'UNKNOWN' || code === 'DENIED' ? 'the registry cannot write now' : thrown.message;
  return problem(code, message, status === undefined ? {} : { status });
}
