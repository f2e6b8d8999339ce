import { printable, redactUrl, SallyportError } from '../base/index.ts';

const RAW_HOST = 'https://raw.githubusercontent.com';
const RELEASE_HOST = 'https://github.com';

/** Segments that may stand in a path; no `.` or `..`, nothing that a URL or a file system reads differently. */
const SEGMENT = /^[A-Za-z0-9_+-][A-Za-z0-9._+-]*$/;

/** The segments of a file's path. Throws `UPSTREAM_FAILED` for what is no `<owner>/<repo>/<ref>/<path>`. */
export function checkPath(path: string): readonly string[] {
  return segmentsOf(path, 4, 'OWNER/REPO/REF/PATH');
}

/** The segments of a folder's path. Throws `UPSTREAM_FAILED` for what is no `<owner>/<repo>` or below. */
export function checkFolder(path: string): readonly string[] {
  return segmentsOf(path, 2, 'OWNER/REPO');
}

function segmentsOf(path: string, least: number, form: string): readonly string[] {
  const segments = path.split('/');
  if (segments.length < least || !segments.every((segment) => SEGMENT.test(segment)))
    throw new SallyportError('UPSTREAM_FAILED', `is not of the form ${form}`, { subject: path });
  return segments;
}

/**
 * The base address that the user names. Throws `USAGE` for one that carries credentials, which would show in messages and in the cache,
 * or a query or fragment, below which nothing can be addressed.
 */
export function parseBase(text: string): URL {
  const wrong = (reason: string, subject: string) =>
    new SallyportError('USAGE', reason, {
      subject: `--upstream ${subject}`,
      hint: 'Name a folder that holds OWNER/REPO/REF/PATH, or the base URL of a server that does, without login.',
    });
  if (!URL.canParse(text)) throw wrong('is not an address', printable(text, 200));
  const url = new URL(text);
  if (url.username !== '' || url.password !== '')
    throw wrong('carries credentials in the address', redactUrl(url));
  if (url.search !== '' || url.hash !== '') throw wrong('has a query or a fragment', redactUrl(url));
  if (!url.pathname.endsWith('/')) url.pathname += '/';
  return url;
}

/** Where a path is on the public hosts: release files at one, everything else at the other. */
export function publicAddress(path: string): URL {
  const [, , third, fourth] = checkPath(path);
  return new URL(`/${path}`, third === 'releases' && fourth === 'download' ? RELEASE_HOST : RAW_HOST);
}

/** A path below a base URL of the user's own. */
export function addressBelow(base: URL, path: string): URL {
  checkPath(path);
  return new URL(path, base);
}

/** Tags and releases stay as they are, branches move: `7.121.0`, `v0.42.0` against `7.121.x`, `main`. */
export function isFixed(path: string): boolean {
  const [, , ref, next] = checkPath(path);
  return (ref === 'releases' && next === 'download') || /^v?\d+\.\d+\.\d+(?:[-+].*)?$/.test(ref ?? '');
}
