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
  if (
    url instanceof URL &&
    url.search === '' &&
    url.hash === '' &&
    url.username === '' &&
    url.password === ''
  )
    return url.href;
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

/** Text from elsewhere made safe for a terminal: control characters (escape codes above all) become visible marks. */
export function printable(text: string, maxLength = 2000): string {
  const clean = text.replace(
    /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g,
    '\u00b7',
  );
  return clean.length > maxLength ? `${clean.slice(0, maxLength)}…` : clean;
}
