import { SallyportError } from '../../base/index.ts';
import { credentialsOf } from './credentials.ts';
import { inClusterAccess } from './in-cluster.ts';
import { type KubeconfigPlace, readKubeconfig } from './read.ts';
import { readBytes } from './read-bytes.ts';
import type { ClusterAccess, Entry, Kubeconfig } from './types.ts';

export interface AccessRequest extends KubeconfigPlace {
  readonly context?: string | undefined;
  readonly namespace?: string | undefined;
  readonly stdinIsTerminal?: boolean;
}

/**
 * How to reach the cluster that is meant: `--kubeconfig`, KUBECONFIG or ~/.kube/config with its context, or a pod's own account where
 * there is no file. Throws `KUBECONFIG_INVALID`, `CREDENTIALS_INVALID`.
 */
export async function findAccess(request: AccessRequest): Promise<ClusterAccess> {
  const config = await readKubeconfig(request);
  if (config === undefined) {
    const inside = await inClusterAccess(request.env, request.namespace);
    if (inside !== undefined) return inside;
    throw new SallyportError('KUBECONFIG_INVALID', 'there is no kubeconfig, and this is no pod', {
      hint: 'Name one with --kubeconfig FILE or KUBECONFIG.',
    });
  }
  const files = config.files.join(', ');
  const contextName = request.context ?? config.currentContext;
  if (contextName === undefined)
    throw new SallyportError('KUBECONFIG_INVALID', `no context is chosen${choices(config.contexts)}`, {
      subject: files,
      hint: 'Choose one with --context NAME, or `kubectl config use-context NAME`.',
    });
  const context = pick(config, 'context', contextName);
  const clusterName = context.value.cluster ?? '';
  const cluster = pick(config, 'cluster', clusterName, contextName);
  const { value } = cluster;
  const server = serverOf(value.server, clusterName, cluster.file);
  const ca = await readBytes(
    value['certificate-authority-data'],
    value['certificate-authority'],
    cluster.file,
    'certificate-authority',
  );
  const insecure = value['insecure-skip-tls-verify'] === true;
  const userName = context.value.user ?? '';
  const user: Entry<object> =
    userName === '' ? { file: context.file, value: {} } : pick(config, 'user', userName, contextName);
  const proxy = value['proxy-url'];
  return {
    context: contextName,
    server,
    namespace: request.namespace ?? context.value.namespace ?? 'default',
    insecureSkipVerify: insecure,
    ...(ca === undefined ? {} : { ca }),
    ...(value['tls-server-name'] === undefined ? {} : { serverName: value['tls-server-name'] }),
    ...(proxy === undefined || proxy === '' ? {} : { proxy: proxyOf(proxy, clusterName, cluster.file) }),
    credentials: credentialsOf({
      user,
      name: userName,
      env: request.env,
      cwd: request.cwd,
      cluster: { server, insecure, ca, serverName: value['tls-server-name'] },
    }),
  };
}

type Table = 'context' | 'cluster' | 'user';

function pick<K extends Table>(
  config: Kubeconfig,
  table: K,
  name: string,
  by?: string,
): NonNullable<ReturnType<Kubeconfig[`${K}s`]['get']>>;
function pick(config: Kubeconfig, table: Table, name: string, by?: string): Entry<object> {
  const entries: ReadonlyMap<string, Entry<object>> = config[`${table}s`];
  const found = entries.get(name);
  if (found !== undefined) return found;
  const who = by === undefined ? '' : `, which the context ${by} names`;
  throw new SallyportError(
    'KUBECONFIG_INVALID',
    `there is no ${table} ${name === '' ? 'without a name' : name}${who}${choices(entries)}`,
    {
      subject: config.files.join(', '),
    },
  );
}

function choices(entries: ReadonlyMap<string, unknown>): string {
  const names = [...entries.keys()];
  return names.length === 0 ? '' : `; there are: ${names.slice(0, 12).join(', ')}`;
}

function serverOf(text: string | undefined, cluster: string, file: string): URL {
  const server = URL.canParse(text ?? '') ? new URL(text ?? '') : undefined;
  if (server !== undefined && /^https?:$/.test(server.protocol)) return server;
  throw new SallyportError(
    'KUBECONFIG_INVALID',
    `\`server\` of the cluster ${cluster} is not an address: ${text ?? '(missing)'}`,
    {
      subject: file,
    },
  );
}

function proxyOf(text: string, cluster: string, file: string): URL {
  const proxy = URL.canParse(text) ? new URL(text) : undefined;
  if (proxy !== undefined && /^https?:$/.test(proxy.protocol)) return proxy;
  throw new SallyportError(
    'KUBECONFIG_INVALID',
    `\`proxy-url\` of the cluster ${cluster} is of a kind that is not supported; http and https are`,
    { subject: file },
  );
}
