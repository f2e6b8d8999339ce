import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Whether certificates can be made here; tests that need them are skipped elsewhere. */
export const canMakeCertificates = spawnSync('openssl', ['version']).status === 0;

export interface KeyPair {
  readonly key: Buffer;
  readonly cert: Buffer;
}

export interface TestAuthority {
  readonly cert: Buffer;
  /** A certificate for these subjectAltNames (`DNS:x`, `IP:127.0.0.1`); `days` below zero is one that has expired. */
  issue(name: string, altNames: readonly string[], days?: number): KeyPair;
  /** Removes the files. */
  dispose(): void;
}

/** A CA of its own, made by the openssl program. */
export function makeAuthority(commonName: string): TestAuthority {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-ca-'));
  const run = (...args: readonly string[]): void =>
    void execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
  const file = (name: string): Buffer => readFileSync(join(folder, name));
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  run(
    'req',
    '-x509',
    ...newKey,
    '-keyout',
    'ca.key',
    '-out',
    'ca.crt',
    '-days',
    '30',
    '-subj',
    `/O=Corp Example/CN=${commonName}`,
  );
  let serial = 1;
  return {
    cert: file('ca.crt'),
    issue: (name, altNames, days = 30) => {
      const id = `leaf${++serial}`;
      writeFileSync(
        join(folder, `${id}.ext`),
        altNames.length === 0 ? 'basicConstraints=CA:FALSE\n' : `subjectAltName=${altNames.join(',')}\n`,
      );
      run('req', ...newKey, '-keyout', `${id}.key`, '-out', `${id}.csr`, '-subj', `/CN=${name}`);
      const signing = [
        '-CA',
        'ca.crt',
        '-CAkey',
        'ca.key',
        '-set_serial',
        String(serial),
        '-days',
        String(days),
      ];
      run('x509', '-req', '-in', `${id}.csr`, ...signing, '-extfile', `${id}.ext`, '-out', `${id}.crt`);
      return { key: file(`${id}.key`), cert: file(`${id}.crt`) };
    },
    dispose: () => rmSync(folder, { recursive: true }),
  };
}
