import { type Clock, type EmitEvent, SallyportError, systemClock } from '../../base/index.ts';
import { readUpTo } from '../../http/index.ts';
import type { ClusterAccess } from '../kubeconfig/types.ts';
import { describeName, nameOf } from '../names.ts';
import type {
  CallOptions,
  ClusterClient,
  KubeObject,
  ListQuery,
  ObjectName,
  PatchType,
  PodName,
} from '../types.ts';
import { execInPod } from './exec.ts';
import { type Attempt, failureOf } from './failure.ts';
import { apiRoot, createKindCatalog } from './kinds.ts';
import { readStatus } from './status.ts';
import { type ApiRequest, createApiTransport } from './transport.ts';
import { WATCH_SECONDS, watchForever } from './watch.ts';

export interface ClientOptions {
  readonly access: ClusterAccess;
  /** `sallyport/1.2.3`. */
  readonly userAgent: string;
  /** For proxies (HTTPS_PROXY, NO_PROXY). */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly clock?: Clock;
  readonly emit?: EmitEvent;
}

/** Objects a page: what kubectl asks for. */
const PAGE = '500';

const PATCH_TYPES: Readonly<Record<PatchType, string>> = {
  merge: 'application/merge-patch+json',
  json: 'application/json-patch+json',
  strategic: 'application/strategic-merge-patch+json',
};

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
  const kinds = createKindCatalog(transport);
  const { namespace } = access;

  const call = async (request: ApiRequest, attempt: Attempt): Promise<KubeObject> => {
    const { status, body } = await transport.send(request);
    if (status < 200 || status > 299) throw failureOf(readStatus(status, body), attempt);
    return JSON.parse(body.toString('utf8')) as KubeObject;
  };

  /** Path of a kind's collection. Throws `KIND_UNKNOWN`. */
  const collection = async (
    { apiVersion, kind }: Pick<ObjectName, 'apiVersion' | 'kind'>,
    inNamespace: string | undefined,
    call: CallOptions | undefined,
  ): Promise<string> => {
    const resource = await kinds.find(apiVersion, kind, call);
    if (resource === undefined) throw unknownKind(apiVersion, kind);
    const scope = resource.namespaced && inNamespace !== undefined ? `/namespaces/${inNamespace}` : '';
    return `${apiRoot(apiVersion)}${scope}/${resource.plural}`;
  };

  const pathOf = async (name: ObjectName, call: CallOptions | undefined): Promise<string> =>
    `${await collection(name, name.namespace ?? namespace, call)}/${encodeURIComponent(name.name)}`;

  const podPath = ({ namespace: own, name }: PodName): Required<PodName> => ({
    namespace: own ?? namespace,
    name,
  });

  const page = async (
    query: ListQuery,
    path: string,
    token: string | undefined,
    call: CallOptions | undefined,
  ): Promise<ListAnswer> => {
    const { status, body } = await transport.send({
      method: 'GET',
      path,
      query: {
        limit: PAGE,
        continue: token,
        labelSelector: query.labelSelector,
        fieldSelector: query.fieldSelector,
      },
      repeatable: true,
      signal: call?.signal,
    });
    if (status !== 200)
      throw failureOf(readStatus(status, body), {
        verb: 'list',
        subject: `${query.kind} in ${query.namespace ?? 'all namespaces'}`,
      });
    return JSON.parse(body.toString('utf8')) as ListAnswer;
  };

  const listAll = async (
    query: ListQuery,
    call: CallOptions | undefined,
  ): Promise<{ readonly items: readonly KubeObject[]; readonly resourceVersion: string }> => {
    const path = await collection(query, query.namespace, call);
    for (let restarted = false; ; restarted = true) {
      const items: KubeObject[] = [];
      let token: string | undefined;
      let resourceVersion = '';
      try {
        do {
          const answer = await page(query, path, token, call);
          // Items of a list do not repeat what the list says.
          for (const item of answer.items ?? [])
            items.push({ ...item, apiVersion: query.apiVersion, kind: query.kind });
          resourceVersion ||= answer.metadata?.resourceVersion ?? '';
          token = answer.metadata?.continue || undefined;
        } while (token !== undefined);
        return { items, resourceVersion };
      } catch (error) {
        // The pages behind a token are kept for some minutes only.
        if (restarted || !(error instanceof SallyportError) || error.facts['status'] !== 410) throw error;
      }
    }
  };

  const write = async (
    method: 'POST' | 'PUT',
    path: string,
    object: KubeObject,
    verb: string,
    o: { fieldManager?: string; dryRun?: boolean } & CallOptions,
  ): Promise<KubeObject> =>
    call(
      {
        method,
        path,
        query: { fieldManager: o.fieldManager, dryRun: o.dryRun === true ? 'All' : undefined },
        contentType: 'application/json',
        body: Buffer.from(JSON.stringify(object)),
        repeatable: false,
        signal: o.signal,
      },
      { verb, subject: describeName(nameOf(object)) },
    );

  return {
    server: access.server.href,
    context: access.context,
    namespace,
    kinds,
    version: async (o) => {
      const answer = await call(
        { method: 'GET', path: '/version', repeatable: true, signal: o?.signal },
        { verb: 'read the version', subject: access.server.host },
      );
      const { gitVersion, major, minor } = answer as unknown as Record<
        'gitVersion' | 'major' | 'minor',
        string
      >;
      return { gitVersion, major, minor };
    },
    get: async (name, o) => {
      const resource = await kinds.find(name.apiVersion, name.kind, o);
      if (resource === undefined) return undefined;
      const path = await pathOf(name, o);
      const { status, body } = await transport.send({
        method: 'GET',
        path,
        repeatable: true,
        signal: o?.signal,
      });
      if (status === 404) return undefined;
      if (status !== 200)
        throw failureOf(readStatus(status, body), { verb: 'get', subject: describeName(name) });
      return JSON.parse(body.toString('utf8')) as KubeObject;
    },
    list: async (query, o) => (await listAll(query, o)).items,
    watch: (query, o) => {
      const subject = `${query.kind} in ${query.namespace ?? 'all namespaces'}`;
      return watchForever(
        {
          list: () => listAll(query, o),
          open: async (resourceVersion) => {
            const response = await transport.open({
              method: 'GET',
              path: await collection(query, query.namespace, o),
              query: {
                watch: 'true',
                resourceVersion,
                allowWatchBookmarks: 'true',
                timeoutSeconds: String(WATCH_SECONDS),
                labelSelector: query.labelSelector,
                fieldSelector: query.fieldSelector,
              },
              repeatable: true,
              signal: o?.signal,
            });
            if (response.status === 200) return response.body;
            const { bytes } = await readUpTo(response.body, 64 * 1024);
            throw failureOf(readStatus(response.status, bytes), { verb: 'watch', subject });
          },
          failure: (status) => failureOf(status, { verb: 'watch', subject }),
        },
        clock,
        o?.signal,
      );
    },
    apply: async (object, o) => {
      const name = nameOf(object);
      return call(
        {
          method: 'PATCH',
          path: await pathOf(name, o),
          query: {
            fieldManager: o.fieldManager,
            force: o.force === true ? 'true' : undefined,
            dryRun: o.dryRun === true ? 'All' : undefined,
          },
          contentType: 'application/apply-patch+yaml',
          body: Buffer.from(JSON.stringify(object)),
          repeatable: true,
          signal: o.signal,
        },
        { verb: 'apply', subject: describeName(name) },
      );
    },
    create: async (object, o = {}) =>
      write('POST', await collection(object, object.metadata.namespace ?? namespace, o), object, 'create', o),
    replace: async (object, o = {}) => write('PUT', await pathOf(nameOf(object), o), object, 'replace', o),
    delete: async (name, o = {}) => {
      const { status, body } = await transport.send({
        method: 'DELETE',
        path: await pathOf(name, o),
        contentType: 'application/json',
        body: Buffer.from(
          JSON.stringify({
            kind: 'DeleteOptions',
            apiVersion: 'v1',
            propagationPolicy: o.propagation ?? 'Background',
            ...(o.preconditions === undefined ? {} : { preconditions: o.preconditions }),
            ...(o.gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds: o.gracePeriodSeconds }),
            ...(o.dryRun === true ? { dryRun: ['All'] } : {}),
          }),
        ),
        repeatable: true,
        signal: o.signal,
      });
      if (status === 404) return false;
      if (status < 200 || status > 299)
        throw failureOf(readStatus(status, body), { verb: 'delete', subject: describeName(name) });
      return true;
    },
    patch: async (name, patch, type, o = {}) =>
      call(
        {
          method: 'PATCH',
          path: `${await pathOf(name, o)}${o.subresource === undefined ? '' : `/${o.subresource}`}`,
          query: { fieldManager: o.fieldManager, dryRun: o.dryRun === true ? 'All' : undefined },
          contentType: PATCH_TYPES[type],
          body: Buffer.from(JSON.stringify(patch)),
          repeatable: type !== 'json',
          signal: o.signal,
        },
        { verb: 'patch', subject: describeName(name) },
      ),
    logs: async (pod, container, o = {}) => {
      const at = podPath(pod);
      const { status, body } = await transport.send({
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
      if (status !== 200)
        throw failureOf(readStatus(status, body), {
          verb: 'read the log',
          subject: `Pod ${at.namespace}/${at.name}, container ${container}`,
        });
      return body.toString('utf8');
    },
    exec: (pod, container, command, o) => execInPod(transport, podPath(pod), container, command, o),
    raw: (path, o) => transport.send({ method: 'GET', path, repeatable: true, signal: o?.signal }),
    close: transport.close,
  };
}

interface ListAnswer {
  readonly metadata?: { readonly continue?: string; readonly resourceVersion?: string };
  readonly items?: readonly KubeObject[];
}

function unknownKind(apiVersion: string, kind: string): SallyportError {
  return new SallyportError('KIND_UNKNOWN', 'the cluster knows no such kind', {
    subject: `${apiVersion} ${kind}`,
    facts: { apiVersion, kind },
  });
}
