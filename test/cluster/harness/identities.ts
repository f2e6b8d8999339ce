import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type KeyPair, makeAuthority, type TestAuthority } from '../../support/certificates.ts';

/** Who a client certificate is for: user name and groups, as the API server reads them from its subject. */
export interface Identity {
  readonly user: string;
  readonly groups?: readonly string[];
}

export interface Identities {
  /** The file with the CA, a certificate or a key by its name: `ca.crt`, `apiserver.key`, `sa.pub`… */
  file(name: string): string;
  readonly authority: TestAuthority;
  /** Writes NAME.crt and NAME.key for a server or a client. */
  issue(name: string, identity: Identity, altNames?: readonly string[]): KeyPair;
  /** Writes NAME.kubeconfig for a client of this server and tells its path. */
  kubeconfig(name: string, identity: Identity, server: string): string;
  dispose(): void;
}

/** Every key and certificate of one cluster, in a folder. */
export function createIdentities(folder: string): Identities {
  mkdirSync(folder, { recursive: true });
  const authority = makeAuthority('cluster');
  const file = (name: string) => join(folder, name);
  const write = (name: string, content: string | Buffer) =>
    writeFileSync(file(name), content, { mode: 0o600 });
  write('ca.crt', authority.cert);
  const accounts = generateKeyPairSync('rsa', { modulusLength: 2048 });
  write('sa.key', accounts.privateKey.export({ type: 'pkcs1', format: 'pem' }));
  write('sa.pub', accounts.publicKey.export({ type: 'spki', format: 'pem' }));
  const issue: Identities['issue'] = (name, { user, groups = [] }, altNames = []) => {
    // openssl reads the text after /CN= as more parts of the subject: /CN=user/O=group.
    const pair = authority.issue([user, ...groups.map((group) => `O=${group}`)].join('/'), altNames);
    write(`${name}.crt`, pair.cert);
    write(`${name}.key`, pair.key);
    return pair;
  };
  return {
    file,
    authority,
    issue,
    kubeconfig: (name, identity, server) => {
      const pair = issue(name, identity);
      const cluster = { server, 'certificate-authority-data': authority.cert.toString('base64') };
      const user = {
        'client-certificate-data': pair.cert.toString('base64'),
        'client-key-data': pair.key.toString('base64'),
      };
      const config = {
        apiVersion: 'v1',
        kind: 'Config',
        clusters: [{ name: 'test', cluster }],
        users: [{ name: identity.user, user }],
        contexts: [{ name: 'test', context: { cluster: 'test', user: identity.user } }],
        'current-context': 'test',
      };
      write(`${name}.kubeconfig`, JSON.stringify(config, undefined, 2));
      return file(`${name}.kubeconfig`);
    },
    dispose: () => authority.dispose(),
  };
}
