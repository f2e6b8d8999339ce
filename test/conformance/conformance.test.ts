import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { createRegistryServer, type RegistryServerOptions } from '../../src/server/index.ts';
import { goTool } from '../support/go-tool.ts';
import { runSuite, SUITE } from './suite.ts';

const built = await goTool(SUITE);
const scratch = mkdtempSync(join(tmpdir(), 'sallyport-conformance-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

/** Every switch of the suite that is off by default, also at `dev`. */
const EVERYTHING = {
  OCI_VERSION: 'dev',
  OCI_DATA_SPARSE: 'true',
  OCI_API_BLOBS_UPLOAD_CANCEL: 'true',
  OCI_API_BLOBS_DIGEST_HEADER: 'true',
  OCI_API_MANIFESTS_DIGEST_HEADER: 'true',
  OCI_API_MANIFESTS_TAG_PARAM: 'true',
};

const USER = { OCI_USERNAME: 'mover', OCI_PASSWORD: 'correct horse' };
const users = { mover: 'correct horse' };

const CASES: readonly {
  readonly name: string;
  readonly server: Partial<RegistryServerOptions>;
  readonly settings: Readonly<Record<string, string>>;
  readonly atLeast: number;
}[] = [
  {
    name: 'version 1.1',
    server: {},
    // Off by default at 1.1, where cancelling is optional; with it nothing at all is left out.
    settings: { OCI_VERSION: '1.1', OCI_API_BLOBS_UPLOAD_CANCEL: 'true' },
    atLeast: 860,
  },
  { name: 'dev with everything on', server: { sparse: 'all' }, settings: EVERYTHING, atLeast: 1030 },
  {
    name: 'dev with everything on, behind Basic',
    server: { sparse: 'all', auth: { users } },
    settings: { ...EVERYTHING, ...USER },
    atLeast: 1030,
  },
  {
    name: 'dev with everything on, behind tokens',
    server: { sparse: 'all', auth: { users, mode: 'bearer' } },
    settings: { ...EVERYTHING, ...USER },
    atLeast: 1030,
  },
];

describe.skipIf('missing' in built)(`OCI conformance (suite of ${SUITE.version})`, () => {
  it.each(CASES)('$name: no failure, nothing skipped', async ({ name, server, settings, atLeast }) => {
    const dir = join(scratch, name.replace(/\W+/g, '-'));
    const registry = await createRegistryServer({ dir: join(dir, 'data'), ...server });
    try {
      const result = await runSuite('path' in built ? built.path : '', join(dir, 'results'), {
        OCI_REGISTRY: registry.registry,
        OCI_TLS: 'disabled',
        ...settings,
      });
      expect(result.notPassed).toEqual([]);
      expect(result).toMatchObject({ failures: 0, errors: 0, skipped: 0, disabled: 0 });
      // A suite that tested nothing would have no failure either.
      expect(result.tests).toBeGreaterThanOrEqual(atLeast);
    } finally {
      await registry.close({ graceMs: 0 });
    }
  });
});

if ('missing' in built) process.stderr.write(`OCI conformance suite skipped: ${built.missing}\n`);
