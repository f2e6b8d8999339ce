import { readFile } from 'node:fs/promises';
import { SallyportError, systemCode } from '../../base/index.ts';
import type { CredentialSource } from './types.ts';

/** The kubelet writes a pod's token anew when 80 % of its hour is over; client-go reads it again every minute. */
const KEEP_MS = 60_000;

/** A token from a file that somebody keeps fresh. */
export function tokenFileSource(
  path: string,
  origin: string,
  now: () => number = Date.now,
): CredentialSource {
  let read: { readonly token: string; readonly at: number } | undefined;
  return {
    get: async () => {
      if (read === undefined || now() - read.at > KEEP_MS) {
        const token = await readToken(path, origin);
        read = { token, at: now() };
      }
      return { headers: { authorization: `Bearer ${read.token}` }, origin: `${origin} (${path})` };
    },
    renew: () => {
      read = undefined;
      return true;
    },
  };
}

async function readToken(path: string, origin: string): Promise<string> {
  let text: string;
  try {
    text = (await readFile(path, 'utf8')).trim();
  } catch (cause) {
    throw new SallyportError(
      'CREDENTIALS_INVALID',
      `the token file of ${origin} cannot be read (${systemCode(cause) ?? 'unknown reason'})`,
      { subject: path, cause },
    );
  }
  if (text === '')
    throw new SallyportError('CREDENTIALS_INVALID', `the token file of ${origin} is empty`, {
      subject: path,
    });
  return text;
}
