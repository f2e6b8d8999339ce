import { createPrivateKey, X509Certificate } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { SallyportError } from '../../base/index.ts';
import { ensureFolder, fileError, readWholeFile, writeWholeFile } from '../../store/index.ts';
import { type KeyPair, makeAuthority, makeServerCertificate } from './certificate.ts';

const AUTHORITY_NAME = 'Sallyport registry authority';
const AUTHORITY_DAYS = 3650;
/** The longest that Apple's clients take of any server certificate. */
const SERVER_DAYS = 825;
/** A certificate that ends sooner is made anew at the next start. */
const RENEW_MS = 90 * 24 * 60 * 60 * 1000;
const FILE_LIMIT = 64 * 1024;

export interface GeneratedTls extends KeyPair {
  /** File with the certificate that clients have to trust. */
  readonly caFile: string;
}

/**
 * A certificate for these names from an authority of the folder's own. Both are kept there, so that clients which trust the
 * authority once go on trusting it; the server's is made anew when its names change or its time runs out.
 * Throws `FILE_WRITE_FAILED`, `FILE_UNREADABLE`, `NO_SPACE`.
 */
export async function generatedTls(options: {
  readonly folder: string;
  readonly names: readonly string[];
  readonly now?: number;
}): Promise<GeneratedTls> {
  const { folder } = options;
  const now = options.now ?? Date.now();
  const names = [...new Set(options.names)].sort();
  await ensureFolder(folder, true);
  const caFile = join(folder, 'ca.crt');
  const known = await readPair(folder, 'ca');
  const isUsable = known !== undefined && lasts(known, now);
  const authority = isUsable ? known : makeAuthority({ name: AUTHORITY_NAME, days: AUTHORITY_DAYS, now });
  if (!isUsable) await writePair(folder, 'ca', authority);
  const old = await readPair(folder, 'server');
  if (old !== undefined && lasts(old, now) && covers(old, names) && isIssuedBy(old, authority))
    return { ...old, caFile };
  const made = makeServerCertificate({
    authority,
    authorityName: AUTHORITY_NAME,
    names,
    days: SERVER_DAYS,
    now,
  });
  await writePair(folder, 'server', made);
  return { ...made, caFile };
}

async function readPair(folder: string, name: string): Promise<KeyPair | undefined> {
  const cert = await readWholeFile(join(folder, `${name}.crt`), FILE_LIMIT);
  const key = await readWholeFile(join(folder, `${name}.key`), FILE_LIMIT);
  if (cert === undefined || key === undefined) return undefined;
  const pair = { cert: cert.toString('utf8'), key: key.toString('utf8') };
  return belongTogether(pair, join(folder, `${name}.crt`)) ? pair : undefined;
}

/** Key first: a certificate without its key is never found, and a key alone is written over. */
async function writePair(folder: string, name: string, pair: KeyPair): Promise<void> {
  await writeSecret(join(folder, `${name}.key`), pair.key);
  await writeWholeFile(join(folder, `${name}.crt`), pair.cert, true);
}

/** Nobody else may read it, not even while it is being written. */
async function writeSecret(path: string, text: string): Promise<void> {
  const temporary = `${path}.new`;
  try {
    const handle = await open(temporary, 'w', 0o600);
    try {
      await handle.chmod(0o600);
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, path);
  } catch (cause) {
    await rm(temporary, { force: true });
    throw fileError(cause, path, 'write the key');
  }
}

/** A kill between the two files leaves a new key beside an old certificate. */
function belongTogether({ cert, key }: KeyPair, subject: string): boolean {
  try {
    return new X509Certificate(cert).checkPrivateKey(createPrivateKey(key));
  } catch (cause) {
    throw new SallyportError('FILE_UNREADABLE', 'or the key beside it is damaged', {
      subject,
      hint: 'Remove both to have new ones made; clients then have to trust the new authority.',
      cause,
    });
  }
}

function lasts({ cert }: KeyPair, now: number): boolean {
  return new Date(new X509Certificate(cert).validTo).getTime() - now > RENEW_MS;
}

function covers({ cert }: KeyPair, names: readonly string[]): boolean {
  const certificate = new X509Certificate(cert);
  const dnsNames = new Set(certificate.subjectAltName?.split(', '));
  return names.every((name) =>
    isIP(name) === 0 ? dnsNames.has(`DNS:${name}`) : certificate.checkIP(name) !== undefined,
  );
}

function isIssuedBy({ cert }: KeyPair, authority: KeyPair): boolean {
  return new X509Certificate(cert).verify(new X509Certificate(authority.cert).publicKey);
}
