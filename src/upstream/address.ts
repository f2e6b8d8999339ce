import { SallyportError } from '../base/index.ts';

const RAW_HOST = 'https://raw.githubusercontent.com';
const RELEASE_HOST = 'https://github.com';

/** Segments that may stand in a path; no `.` or `..`, nothing that a URL or a file system reads differently. */
const SEGMENT = /^[A-Za-z0-9_+-][A-Za-z0-9._+-]*$/;

/** Throws `UPSTREAM_FAILED` for a path that is no `<owner>/<repo>/<ref>/<path>`. */
export function checkPath(path: string): readonly string[] {
  const segments = path.split('/');
  if (segments.length < 4 || !segments.every((segment) => SEGMENT.test(segment))) {
    throw new SallyportError('UPSTREAM_FAILED', 'is not of the form OWNER/REPO/REF/PATH', { subject: path });
  }
  return segments;
}

/** Where a path is on the public hosts: release files at one, everything else at the other. */
export function publicAddress(path: string): URL {
  const [, , third, fourth] = checkPath(path);
  return new URL(`/${path}`, third === 'releases' && fourth === 'download' ? RELEASE_HOST : RAW_HOST);
}

/** A path below a base URL of the user's own. */
export function addressBelow(base: string, path: string): URL {
  checkPath(path);
  return new URL(path, base.endsWith('/') ? base : `${base}/`);
}

/** Tags and releases stay as they are, branches move: `7.121.0`, `v0.42.0` against `7.121.x`, `main`. */
export function isFixed(path: string): boolean {
  const [, , ref, next] = checkPath(path);
  return (ref === 'releases' && next === 'download') || /^v?\d+\.\d+\.\d+(?:[-+].*)?$/.test(ref ?? '');
}
