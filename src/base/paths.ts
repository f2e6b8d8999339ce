import { SallyportError } from './errors.ts';
import { redactUrl } from './redact.ts';

/** `https://…`, `file://…`, `oci://…`; a drive letter is none. RFC 3986, 3.1. */
const SCHEME = /^[a-z][a-z0-9+.-]+:\/\//i;

/**
 * What a user gave as a file or folder, if it can be one. Nothing at all would be the working folder, and an address would be a file of
 * that name. Throws `USAGE`.
 */
export function checkPath(text: string): string {
  if (text === '') throw new SallyportError('USAGE', 'is empty', { subject: 'a path', hint: NOT_EMPTY });
  if (!SCHEME.test(text)) return text;
  const file = /^file:\/\//i.test(text);
  throw new SallyportError('USAGE', 'is an address, and a file or folder of this machine is expected', {
    subject: redactUrl(text),
    hint: file
      ? `Write the path: ${text.replace(/^file:\/\/(?:localhost)?/i, '')}`
      : 'Fetch it first, for example with `curl -fsSLO URL`; where -f takes manifests, `curl -fsSL URL | sallyport … -f -` does too.',
  });
}

/** For empty values: mostly those of a variable that was never set. */
export const NOT_EMPTY = 'Give it a value, or leave it out; is a variable of the script not set?';
