import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemCode } from '../../base/index.ts';
import { tokenFileSource } from './token-file.ts';
import type { ClusterAccess } from './types.ts';

/** Where every pod finds its account (Kubernetes, "Accessing the API from within a Pod"). */
const ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';

/** A pod's own account; undefined outside of a pod. */
export async function inClusterAccess(
  env: Readonly<Record<string, string | undefined>>,
  namespace: string | undefined,
  folder = ACCOUNT,
): Promise<ClusterAccess | undefined> {
  const host = env['KUBERNETES_SERVICE_HOST'];
  const port = env['KUBERNETES_SERVICE_PORT'];
  if (host === undefined || host === '' || port === undefined || port === '') return undefined;
  const ca = await readIfThere(join(folder, 'ca.crt'));
  if ((await readIfThere(join(folder, 'token'))) === undefined) return undefined;
  const own = (await readIfThere(join(folder, 'namespace')))?.toString('utf8').trim();
  return {
    context: 'in-cluster',
    server: new URL(`https://${host.includes(':') ? `[${host}]` : host}:${port}`),
    namespace: namespace ?? own ?? 'default',
    insecureSkipVerify: false,
    ...(ca === undefined ? {} : { ca }),
    credentials: tokenFileSource(join(folder, 'token'), 'the account of this pod'),
  };
}

async function readIfThere(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}
