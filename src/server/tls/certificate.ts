import {
  createHash,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
} from 'node:crypto';
import { isIP, isIPv4, SocketAddress } from 'node:net';
import {
  bitString,
  boolean,
  explicit,
  implicit,
  integer,
  octetString,
  oid,
  sequence,
  set,
  time,
  utf8,
} from './der.ts';

/** A certificate with its key, both as PEM texts. */
export interface KeyPair {
  readonly cert: string;
  readonly key: string;
}

/** Object identifiers of RFC 5280 and RFC 5758. */
const OID = {
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
  commonName: '2.5.4.3',
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  authorityKeyIdentifier: '2.5.29.35',
  extKeyUsage: '2.5.29.37',
  serverAuth: '1.3.6.1.5.5.7.3.1',
} as const;

const DAY_MS = 24 * 60 * 60 * 1000;
/** Clocks of clients that are a little behind must not find the certificate too young. */
const BACKDATE_MS = DAY_MS;

/** Key usage bits, first bit first (RFC 5280 section 4.2.1.3). */
const DIGITAL_SIGNATURE = bitString(Buffer.from([0x80]), 7);
const CERT_AND_CRL_SIGN = bitString(Buffer.from([0x06]), 1);

/** A new authority that may sign certificates of servers, and no further authorities. */
export function makeAuthority(options: {
  readonly name: string;
  readonly days: number;
  readonly now: number;
}): KeyPair {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const name = nameOf(options.name);
  return issue({
    ...options,
    issuer: name,
    subject: name,
    publicKey,
    key: privateKey,
    signer: privateKey,
    extensions: [
      extension(OID.basicConstraints, true, sequence(boolean(true), integer(0))),
      extension(OID.keyUsage, true, CERT_AND_CRL_SIGN),
      extension(OID.subjectKeyIdentifier, false, octetString(keyIdentifier(publicKey))),
    ],
  });
}

/** A server's certificate for these host names and addresses, signed by an authority that `makeAuthority` made under this name. */
export function makeServerCertificate(options: {
  readonly authority: KeyPair;
  readonly authorityName: string;
  readonly names: readonly string[];
  readonly days: number;
  readonly now: number;
}): KeyPair {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return issue({
    ...options,
    issuer: nameOf(options.authorityName),
    subject: nameOf('Sallyport registry'),
    publicKey,
    key: privateKey,
    signer: options.authority.key,
    extensions: [
      extension(OID.basicConstraints, true, sequence()),
      extension(OID.keyUsage, true, DIGITAL_SIGNATURE),
      extension(OID.extKeyUsage, false, sequence(oid(OID.serverAuth))),
      extension(OID.subjectAltName, false, sequence(...options.names.map(generalName))),
      extension(
        OID.authorityKeyIdentifier,
        false,
        sequence(implicit(0, keyIdentifier(createPublicKey(options.authority.cert)))),
      ),
    ],
  });
}

/** RFC 5280 section 4.1: the part that is signed, the algorithm, the signature. */
function issue(options: {
  readonly issuer: Buffer;
  readonly subject: Buffer;
  readonly publicKey: KeyObject;
  readonly key: KeyObject;
  readonly signer: KeyObject | string;
  readonly extensions: readonly Buffer[];
  readonly days: number;
  readonly now: number;
}): KeyPair {
  const algorithm = sequence(oid(OID.ecdsaWithSha256));
  const signed = sequence(
    explicit(0, integer(2)),
    integer(randomBytes(16)),
    algorithm,
    options.issuer,
    sequence(time(new Date(options.now - BACKDATE_MS)), time(new Date(options.now + options.days * DAY_MS))),
    options.subject,
    options.publicKey.export({ type: 'spki', format: 'der' }),
    explicit(3, sequence(...options.extensions)),
  );
  const der = sequence(signed, algorithm, bitString(sign('sha256', signed, options.signer)));
  return {
    cert: `-----BEGIN CERTIFICATE-----\n${der.toString('base64').replace(/.{64}(?=.)/g, '$&\n')}\n-----END CERTIFICATE-----\n`,
    key: options.key.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

function extension(id: string, critical: boolean, value: Buffer): Buffer {
  return sequence(oid(id), ...(critical ? [boolean(true)] : []), octetString(value));
}

function nameOf(commonName: string): Buffer {
  return sequence(set(sequence(oid(OID.commonName), utf8(commonName))));
}

/** RFC 5280 section 4.2.1.6: dNSName or iPAddress. */
function generalName(name: string): Buffer {
  return isIP(name) === 0 ? implicit(2, Buffer.from(name, 'latin1')) : implicit(7, addressBytes(name));
}

function addressBytes(address: string): Buffer {
  if (isIPv4(address)) return Buffer.from(address.split('.').map(Number));
  const [head = '', tail] = canonicalIpv6(address).split('::');
  const words = (text: string | undefined) => (text === undefined || text === '' ? [] : text.split(':'));
  const [before, after] = [words(head), words(tail)];
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => '0');
  return Buffer.from(
    [...before, ...zeros, ...after].flatMap((word) => {
      const value = Number.parseInt(word, 16);
      return [value >> 8, value & 0xff];
    }),
  );
}

/** With an embedded IPv4 address written as words. */
function canonicalIpv6(address: string): string {
  const text = new SocketAddress({ address, family: 'ipv6' }).address;
  const match = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(text);
  if (match === null) return text;
  const [, head = '', a, b, c, d] = match;
  const word = (high: string | undefined, low: string | undefined) =>
    (Number(high) * 256 + Number(low)).toString(16);
  return `${head}${word(a, b)}:${word(c, d)}`;
}

/** RFC 5280 section 4.2.1.2, method 1: SHA-1 of the key's bits; here of the whole key, which the RFC leaves open. */
function keyIdentifier(publicKey: KeyObject): Buffer {
  return createHash('sha1')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest();
}
