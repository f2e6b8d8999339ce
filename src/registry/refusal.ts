import { type ErrorCode, printable, redactUrl, SallyportError } from '../base/index.ts';
import { type HttpResponse, readUpTo } from '../http/index.ts';
import type { CredentialUse } from './auth/authorizer.ts';
import { cleanText } from './clean-text.ts';
import { isTransientStatus, parseRetryAfter } from './retry.ts';
import type { RefusalFacts } from './types.ts';

/** Error bodies are small; what is longer is a page of some proxy, of which the beginning is enough. */
const BODY_LIMIT = 64 * 1024;

export interface Refused {
  /** What the caller was doing, about what. */
  readonly what: string;
  readonly method: string;
  readonly registry: string;
  readonly response: Pick<HttpResponse, 'status' | 'headers' | 'url' | 'body'>;
  readonly credentialUse: CredentialUse;
  /** Milliseconds since the epoch, for dates in Retry-After. */
  readonly now: number;
}

interface WireError {
  readonly code: string;
  readonly message: string;
  /** ` (…)`, or nothing. The only word that a server's own failure has about its cause. */
  readonly detail: string;
}

interface Rule {
  readonly code: ErrorCode;
  readonly status: (status: number) => boolean;
  /** Asked of the registry's own words. */
  readonly says?: RegExp;
  /** In place of the hint that belongs to the code. */
  readonly hint?: string;
}

/** First match wins. Words are looked for because the specification has no codes for them. */
const RULES: readonly Rule[] = [
  { code: 'RATE_LIMITED', status: (status) => status === 429 },
  // GitHub's secondary limits come as 403.
  { code: 'RATE_LIMITED', status: (status) => status === 403, says: /rate.?limit|too many requests/i },
  // Harbor answers 412, ECR 400, Quay 409, Artifactory 403 to a tag that must not move; all say the word.
  { code: 'TAG_IMMUTABLE', status: (status) => [400, 403, 405, 409, 412].includes(status), says: /immutab/i },
  // Harbor's quota is 403 (older) or 412, ECR's image limit 403 or 405, GitLab's 403; disks run full with 507. A 400 speaks of the
  // limits of a manifest too, so there only the word itself counts.
  {
    code: 'QUOTA_EXCEEDED',
    status: (status) => [403, 405, 412].includes(status),
    says: /quota|exceed|\blimit\b/i,
  },
  { code: 'QUOTA_EXCEEDED', status: (status) => status === 400, says: /quota/i },
  { code: 'QUOTA_EXCEEDED', status: (status) => status === 507 },
  // distribution tells of its own disk in the detail of a 500: Go's syscall.Errno ENOSPC (28) and EDQUOT (122).
  {
    code: 'QUOTA_EXCEEDED',
    status: (status) => status === 500,
    says: /"Err":(?:28|122)\b|no space left on device|disk quota exceeded/i,
    hint: "The registry's own disk is full: make room there; the same command continues.",
  },
  {
    code: 'REGISTRY_REFUSED',
    status: (status) => status === 413,
    hint: 'What stands before the registry limits how long a request may be (nginx: client_max_body_size); have the limit raised.',
  },
  { code: 'UNAUTHORIZED', status: (status) => status === 401 },
  { code: 'FORBIDDEN', status: (status) => status === 403 },
];

/** An answer that was not expected, as an error with method, redacted URL, status and the registry's own words. Reads the body, bounded. */
export async function refusalOf(refused: Refused): Promise<SallyportError> {
  const { what, method, registry, response, credentialUse, now } = refused;
  const { status, headers, url } = response;
  const body = await readUpTo(response.body, BODY_LIMIT).then(
    ({ bytes }) => bytes,
    () => Buffer.alloc(0), // the status alone says enough when the rest of the answer is lost
  );
  const wire = wireErrors(body);
  const said =
    wire.length === 0
      ? body
      : wire
          .map(({ code, message, detail }) => `${code}: ${message}${status >= 500 ? detail : ''}`)
          .join('; ');
  const words = cleanText(said);
  const shownUrl = redactUrl(url);
  // what says why may stand behind what is shown
  const rule = ruleFor(status, typeof said === 'string' ? said : words);
  const code = rule?.code ?? codeOf(status, wire.length > 0, headers['content-type']);
  const retryAfterMs = parseRetryAfter(headers['retry-after'], now);
  const facts: RefusalFacts = {
    status,
    codes: wire.map((error) => error.code).join(','),
    method,
    url: shownUrl,
    // a full disk stays full
    transient: isTransientStatus(status) && code !== 'QUOTA_EXCEEDED',
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
  const message = `${what}: ${method} ${shownUrl} was answered with ${status}${words === '' ? '' : ` ${words}`}${aside(code, registry, credentialUse, headers)}`;
  return new SallyportError(code, message, {
    subject: registry,
    facts: { ...facts },
    ...(rule?.hint === undefined ? {} : { hint: rule.hint }),
  });
}

function ruleFor(status: number, words: string): Rule | undefined {
  return RULES.find(
    ({ status: applies, says }) => applies(status) && (says === undefined || says.test(words)),
  );
}

function codeOf(status: number, isWire: boolean, contentType: string | undefined): ErrorCode {
  const isPage = /html/i.test(contentType ?? '');
  return status >= 500 || isWire || (!isPage && status >= 400) ? 'REGISTRY_REFUSED' : 'REGISTRY_PROTOCOL';
}

/** What helps the user beyond the registry's words. */
function aside(
  code: ErrorCode,
  registry: string,
  use: CredentialUse,
  headers: HttpResponse['headers'],
): string {
  if (code !== 'UNAUTHORIZED' && code !== 'FORBIDDEN' && code !== 'RATE_LIMITED') return '';
  const limit = code === 'RATE_LIMITED' ? headers['ratelimit-limit'] : undefined;
  const shown =
    typeof limit === 'string'
      ? `; its limit is ${printable(limit, 60).replace(/;w=(\d+)/, ' per $1 s')}`
      : '';
  return ` (${tried(registry, use)}${shown})`;
}

function tried(registry: string, use: CredentialUse): string {
  if (use.kind === 'used') return `with the credentials of ${use.origin}`;
  return use.kind === 'none found'
    ? `asked without credentials: none were found for ${registry}; some registries answer so for repositories that do not exist`
    : 'asked without credentials: the registry named no way to use them';
}

/** `{"errors":[{code,message}]}` (distribution-spec v1.1 "Error Codes"); anything else gives none. */
function wireErrors(body: Buffer): readonly WireError[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body.toString('utf8'));
  } catch {
    return [];
  }
  const list: unknown =
    typeof parsed === 'object' && parsed !== null && 'errors' in parsed ? parsed.errors : undefined;
  if (!Array.isArray(list)) return [];
  return list.slice(0, 10).flatMap((entry: unknown) => {
    if (typeof entry !== 'object' || entry === null) return [];
    const code = 'code' in entry && typeof entry.code === 'string' ? printable(entry.code, 60) : '';
    const message = 'message' in entry && typeof entry.message === 'string' ? entry.message : '';
    const detail =
      'detail' in entry && typeof entry.detail === 'object' && Object.keys(entry.detail ?? {}).length > 0
        ? ` (${JSON.stringify(entry.detail)})`
        : '';
    return code === '' && message === '' ? [] : [{ code: code === '' ? 'UNKNOWN' : code, message, detail }];
  });
}
