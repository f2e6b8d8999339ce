import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SampleImage } from '../../../scripts/sample-images.ts';
import { fill } from '../../../scripts/sample-images.ts';
import { openRegistries } from '../../../src/workflows/registries.ts';
import { type KeyPair, makeAuthority } from '../../support/certificates.ts';
import { testContext } from '../../support/workflow-context.ts';
import type { Daemons } from './daemons.ts';
import { NODE_ADDRESS, REGISTRY_NAME } from './namespaces.ts';

/** The private registry of the tests: TLS by a CA of its own, and a password. The node and this process know it by the same name. */
export interface PrivateRegistry {
  /** `127.0.0.1:PORT`, for references. */
  readonly host: string;
  /** Another name of the same registry that only the node knows: `registry.corp.test:PORT`. */
  readonly otherHost: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly caFile: string;
  /** A config.json with the login, for `--registry HOST,authFile=…`. */
  readonly authFile: string;
  /** What lets the program use it: the authority and the login. */
  readonly flags: readonly string[];
  /** Makes a certificate of the registry's CA, for a registry that a test runs itself. */
  issue(name: string, altNames: readonly string[], days?: number): KeyPair;
  /** Stores an image as REPOSITORY:TAG and tells the root's digest. */
  push(name: string, image: SampleImage): Promise<string>;
  dispose(): void;
}

const USER = { user: 'puller', password: 's3cret' };

/** Starts Debian's docker-registry and writes what the node and the tests need to use it. */
export function startPrivateRegistry(options: {
  readonly folder: string;
  readonly daemons: Daemons;
  readonly port: number;
}): PrivateRegistry {
  const folder = join(options.folder, 'registry');
  mkdirSync(folder);
  const file = (name: string, content: string | Buffer) => {
    writeFileSync(join(folder, name), content, { mode: 0o600 });
    return join(folder, name);
  };
  const authority = makeAuthority('registry');
  const pair = authority.issue('registry', [
    'IP:127.0.0.1',
    `IP:${NODE_ADDRESS}`,
    'DNS:localhost',
    `DNS:${REGISTRY_NAME}`,
  ]);
  const host = `127.0.0.1:${options.port}`;
  const login = execFileSync('htpasswd', ['-Bbn', USER.user, USER.password], { encoding: 'utf8' });
  const config = {
    version: 0.1,
    log: { level: 'info', formatter: 'json' },
    storage: { filesystem: { rootdirectory: join(folder, 'data') }, delete: { enabled: true } },
    http: {
      addr: `0.0.0.0:${options.port}`,
      secret: 'only-for-tests',
      tls: { certificate: file('server.crt', pair.cert), key: file('server.key', pair.key) },
    },
    auth: { htpasswd: { realm: 'tests', path: file('htpasswd', login.trim()) } },
  };
  options.daemons.start('registry', 'docker-registry', [
    'serve',
    file('config.yml', JSON.stringify(config)), // JSON is YAML
  ]);
  const auth = Buffer.from(`${USER.user}:${USER.password}`).toString('base64');
  const caFile = file('ca.crt', authority.cert);
  const authFile = file('auth.json', JSON.stringify({ auths: { [host]: { auth } } }));
  return {
    ...USER,
    host,
    otherHost: `${REGISTRY_NAME}:${options.port}`,
    port: options.port,
    caFile,
    authFile,
    flags: ['--registry', `${host},caFile=${caFile},authFile=${authFile}`],
    issue: (name, altNames, days) => authority.issue(name, altNames, days),
    push: async (name, image) => {
      const colon = name.lastIndexOf(':');
      const registries = openRegistries(testContext(folder), { [host]: { caFile, authFile } });
      try {
        const target = registries.target({ registry: host, repository: name.slice(0, colon) });
        await fill(target, image, name.slice(colon + 1));
        return image.root.descriptor.digest;
      } finally {
        registries.close();
      }
    },
    dispose: () => authority.dispose(),
  };
}
