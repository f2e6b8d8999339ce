import { type Clock, type EmitEvent, systemClock } from '../../base/index.ts';
import type { ClusterAccess } from '../kubeconfig/types.ts';
import type { ClusterClient, KubeObject } from '../types.ts';
import { noApiServer, readAnswer } from './answer.ts';
import { type Api, attempt, createApi } from './api.ts';
import { execInPod } from './exec.ts';
import { failureOf } from './failure.ts';
import { createLists } from './list.ts';
import { readStatus } from './status.ts';
import { createApiTransport } from './transport.ts';
import { createWrites } from './write.ts';

export interface ClientOptions {
  readonly access: ClusterAccess;
  /** `sallyport/1.2.3`. */
  readonly userAgent: string;
  /** For proxies (HTTPS_PROXY, NO_PROXY). */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly clock?: Clock;
  readonly emit?: EmitEvent;
}

/** A client for one cluster as one user. Nothing is opened before the first call. */
export function createClusterClient(options: ClientOptions): ClusterClient {
  const { access, clock = systemClock, env = {}, userAgent, emit } = options;
  const transport = createApiTransport({
    access,
    env,
    userAgent,
    clock,
    ...(emit === undefined ? {} : { emit }),
  });
  const api = createApi(transport, access.namespace);
  return {
    server: access.server.href,
    context: access.context,
    namespace: access.namespace,
    kinds: api.kinds,
    version: async (o) => {
      const path = '/version';
      const { status, body } = await api.send({ method: 'GET', path, repeatable: true, signal: o?.signal });
      if (status === 404) throw noApiServer(access.server, `there is nothing at ${path}`);
      if (status !== 200)
        throw failureOf(readStatus(status, body), {
          verb: 'read the version',
          subject: access.server.host,
        });
      const { gitVersion, major, minor } = readAnswer<Record<'gitVersion' | 'major' | 'minor', string>>(
        body,
        access.server,
      );
      return { gitVersion, major, minor };
    },
    get: createGet(api),
    ...createLists(api, clock),
    ...createWrites(api),
    logs: createLogs(api),
    exec: (pod, container, command, o) => execInPod(transport, api.pod(pod), container, command, o),
    raw: (path, o) => transport.send({ method: 'GET', path, repeatable: true, signal: o?.signal }),
    close: transport.close,
  };
}

function createGet(api: Api): ClusterClient['get'] {
  return async (name, o) => {
    if ((await api.kinds.find(name.apiVersion, name.kind, o)) === undefined) return undefined;
    const path = await api.path(name, o);
    const { status, body } = await api.send({ method: 'GET', path, repeatable: true, signal: o?.signal });
    if (status === 404) return undefined;
    if (status !== 200) throw failureOf(readStatus(status, body), attempt('get', name));
    return readAnswer<KubeObject>(body, api.transport.server);
  };
}

function createLogs(api: Api): ClusterClient['logs'] {
  return async (pod, container, o = {}) => {
    const at = api.pod(pod);
    const { status, body } = await api.send({
      method: 'GET',
      path: `/api/v1/namespaces/${at.namespace}/pods/${at.name}/log`,
      query: {
        container,
        tailLines: o.tailLines === undefined ? undefined : String(o.tailLines),
        sinceSeconds: o.sinceSeconds === undefined ? undefined : String(o.sinceSeconds),
        previous: o.previous === true ? 'true' : undefined,
      },
      accept: '*/*',
      repeatable: true,
      signal: o.signal,
    });
    if (status === 200) return body.toString('utf8');
    throw failureOf(readStatus(status, body), {
      verb: 'read the log',
      subject: `Pod ${at.namespace}/${at.name}, container ${container}`,
    });
  };
}
