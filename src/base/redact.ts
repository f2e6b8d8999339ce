/** Query parameters that are safe to show; every other value is hidden, because signed URLs carry secrets in any name. */
const SHOWN_PARAMETERS = new Set([
  'n',
  'last',
  'digest',
  'mount',
  'from',
  'scope',
  'service',
  'artifactType',
  'ns',
  'tag',
  'fieldManager',
  'dryRun',
  'force',
]);

const HIDDEN = 'REDACTED';

/** A URL fit for output: no user info, and only known harmless query values. */
export function redactUrl(url: string | URL): string {
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch {
    return '(unreadable URL)';
  }
  parsed.username = '';
  parsed.password = '';
  parsed.hash = '';
  for (const name of [...parsed.searchParams.keys()]) {
    if (!SHOWN_PARAMETERS.has(name)) parsed.searchParams.set(name, HIDDEN);
  }
  return parsed.toString();
}

/** Headers fit for output, by allow-list. */
const SHOWN_HEADERS = new Set([
  'accept',
  'accept-ranges',
  'content-length',
  'content-range',
  'content-type',
  'date',
  'docker-content-digest',
  'etag',
  'link',
  'oci-subject',
  'oci-filters-applied',
  'range',
  'retry-after',
  'server',
  'user-agent',
  'warning',
  'www-authenticate',
  'ratelimit-limit',
  'ratelimit-remaining',
]);

/** The headers with every value hidden that is not known to be harmless. */
export function redactHeaders(
  headers: Readonly<Record<string, string | readonly string[] | undefined>>,
): Record<string, string> {
  const out: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined) continue;
    out[name] = SHOWN_HEADERS.has(name.toLowerCase()) ? printable(String(value)) : HIDDEN;
  }
  return out;
}

/** Text from elsewhere made safe for a terminal: control characters (escape codes above all) become visible marks. */
export function printable(text: string, maxLength = 2000): string {
  const clean = text.replace(
    /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g,
    '\u00b7',
  );
  return clean.length > maxLength ? `${clean.slice(0, maxLength)}…` : clean;
}
