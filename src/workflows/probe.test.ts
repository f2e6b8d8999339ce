import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fill, makeImage } from '../../scripts/sample-images.ts';
import { type Embedded, startEmbedded } from '../../test/support/embedded.ts';
import { testContext } from '../../test/support/workflow-context.ts';
import type { ClusterClient, ObjectName } from '../cluster/index.ts';
import { openProbe } from './probe.ts';

const basic = (password: string) => Buffer.from(`robot:${password}`).toString('base64');
let home: string;
let registry: Embedded;
/** Nothing is asked for while the image is put there. */
let guarded = false;

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'sallyport-probe-'));
  registry = await startEmbedded({
    intercept: ({ headers }) => {
      const { authorization } = headers;
      if (!guarded || authorization === `Basic ${basic('right')}`) return undefined;
      return {
        respond: {
          status: 401,
          headers: { 'www-authenticate': 'Basic realm="test"' },
          body: Buffer.from(''),
        },
      };
    },
  });
  const image = makeImage({ platforms: ['linux/amd64'], layers: [{ size: 100, seed: 'a' }] });
  await fill(registry.repository('che/app'), image, '1');
  guarded = true;
});
afterAll(async () => {
  await registry.close();
  rmSync(home, { recursive: true, force: true });
});

describe('a registry that is asked with the pull secrets of a pod', () => {
  it.each<[string, Record<string, string>[], string]>([
    ['HOST', [{ HOST: 'right' }], 'present'],
    ['a wildcard', [{ '127.0.*.1:PORT': 'right' }], 'present'],
    ['a path', [{ 'HOST/che': 'right' }], 'present'],
    ['another path', [{ 'HOST/other': 'right' }], 'unauthorized'],
    ['another host', [{ 'other.test': 'right' }], 'unauthorized'],
    ['a wrong one first', [{ 'HOST/che': 'wrong' }, { HOST: 'right' }], 'present'],
    ['the same key twice', [{ HOST: 'wrong' }, { HOST: 'right' }], 'present'],
    ['only wrong ones', [{ HOST: 'wrong' }], 'unauthorized'],
  ])('%s', async (_, secrets, state) => {
    const host = registry.server.registry;
    const port = host.split(':')[1] ?? '';
    const client = {
      get: ({ name }: ObjectName) => {
        const auths = Object.fromEntries(
          Object.entries(secrets[Number(name)] ?? {}).map(([key, password]) => [
            key.replace('HOST', host).replace('PORT', port),
            { auth: basic(password) },
          ]),
        );
        const text = Buffer.from(JSON.stringify({ auths })).toString('base64');
        return Promise.resolve({ data: { '.dockerconfigjson': text } });
      },
    } as unknown as ClusterClient;
    const probe = openProbe(testContext(home), client, { [host]: { plainHttp: true } });
    const named = secrets.map((_secret, index) => ({ namespace: 'ns', name: String(index) }));
    try {
      expect(await probe.ask({ image: `${host}/che/app:1`, secrets: named })).toMatchObject({ state });
    } finally {
      probe.close();
    }
  });
});
