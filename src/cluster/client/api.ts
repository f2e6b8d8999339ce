import { SallyportError } from '../../base/index.ts';
import { describeName } from '../names.ts';
import type { CallOptions, KindCatalog, KubeObject, ObjectName, PodName } from '../types.ts';
import { readAnswer } from './answer.ts';
import { type Attempt, failureOf } from './failure.ts';
import { apiRoot, createKindCatalog } from './kinds.ts';
import { readStatus } from './status.ts';
import type { ApiRequest, ApiTransport } from './transport.ts';

/** What every call of a client needs: where objects are, and what a failed answer means. */
export interface Api {
  readonly transport: ApiTransport;
  readonly kinds: KindCatalog;
  /** For objects that name none. */
  readonly namespace: string;
  /** Sends and takes any answer. */
  readonly send: ApiTransport['send'];
  /** Sends and reads the object that is answered; throws what the server says of anything but 2xx. */
  call(request: ApiRequest, attempt: Attempt): Promise<KubeObject>;
  /** Path of a kind's collection. Throws `KIND_UNKNOWN`. */
  collection(
    kind: Pick<ObjectName, 'apiVersion' | 'kind'>,
    namespace: string | undefined,
    options: CallOptions | undefined,
  ): Promise<string>;
  /** Path of one object. Throws `KIND_UNKNOWN`. */
  path(name: ObjectName, options: CallOptions | undefined): Promise<string>;
  pod(pod: PodName): Required<PodName>;
}

export function createApi(transport: ApiTransport, namespace: string): Api {
  const kinds = createKindCatalog(transport);
  const collection: Api['collection'] = async ({ apiVersion, kind }, inNamespace, options) => {
    const resource = await kinds.find(apiVersion, kind, options);
    if (resource === undefined)
      throw new SallyportError('KIND_UNKNOWN', 'the cluster knows no such kind', {
        subject: `${apiVersion} ${kind}`,
        facts: { apiVersion, kind },
      });
    const scope = resource.namespaced && inNamespace !== undefined ? `/namespaces/${inNamespace}` : '';
    return `${apiRoot(apiVersion)}${scope}/${resource.plural}`;
  };
  return {
    transport,
    kinds,
    namespace,
    send: transport.send,
    call: async (request, attempt) => {
      const { status, body } = await transport.send(request);
      if (status < 200 || status > 299) throw failureOf(readStatus(status, body), attempt);
      return readAnswer<KubeObject>(body, transport.server);
    },
    collection,
    path: async (name, options) =>
      `${await collection(name, name.namespace ?? namespace, options)}/${encodeURIComponent(name.name)}`,
    pod: ({ namespace: own, name }) => ({ namespace: own ?? namespace, name }),
  };
}

/** What is being tried with an object, for messages. */
export function attempt(verb: string, name: ObjectName): Attempt {
  return { verb, subject: describeName(name) };
}
