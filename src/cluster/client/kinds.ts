import { groupOf } from '../names.ts';
import type { ApiResource, CallOptions, KindCatalog } from '../types.ts';
import { noApiServer, readAnswer } from './answer.ts';
import { failureOf } from './failure.ts';
import { readStatus } from './status.ts';
import type { ApiTransport } from './transport.ts';

interface ResourceList {
  readonly resources?: readonly {
    readonly name: string;
    readonly kind: string;
    readonly namespaced: boolean;
    readonly verbs?: readonly string[];
  }[];
}

interface GroupList {
  readonly groups?: readonly { readonly preferredVersion: { readonly groupVersion: string } }[];
}

/** Where the objects of an API version live: the core group has a root of its own. */
export function apiRoot(apiVersion: string): string {
  return groupOf(apiVersion) === '' ? `/api/${apiVersion}` : `/apis/${apiVersion}`;
}

/** The kinds of a server by its discovery documents, each asked for once. */
export function createKindCatalog(transport: ApiTransport): KindCatalog {
  let asked = new Map<string, Promise<readonly ApiResource[]>>();

  const resourcesOf = (apiVersion: string, options?: CallOptions): Promise<readonly ApiResource[]> => {
    const known = asked.get(apiVersion);
    if (known !== undefined) return known;
    const mine = asked;
    const asking = fetchResources(transport, apiVersion, options).then(
      (found) => {
        // What is not there may be there soon, when a CRD was applied.
        if (found.length === 0) mine.delete(apiVersion);
        return found;
      },
      (error: unknown) => {
        mine.delete(apiVersion);
        throw error;
      },
    );
    asked.set(apiVersion, asking);
    return asking;
  };

  return {
    find: async (apiVersion, kind, options) =>
      (await resourcesOf(apiVersion, options)).find((resource) => resource.kind === kind),
    all: async (options) => {
      const groups = await getJson<GroupList>(transport, '/apis', options);
      const versions = [
        'v1',
        ...(groups?.groups ?? []).map(({ preferredVersion }) => preferredVersion.groupVersion),
      ];
      // An aggregated API whose server is away has no list; the others are told all the same.
      const lists = await Promise.all(versions.map((version) => resourcesOf(version, options)));
      return lists.flat().filter(({ verbs }) => verbs.includes('list'));
    },
    refresh: () => {
      asked = new Map();
    },
  };
}

async function fetchResources(
  transport: ApiTransport,
  apiVersion: string,
  options?: CallOptions,
): Promise<readonly ApiResource[]> {
  const list = await getJson<ResourceList>(transport, apiRoot(apiVersion), options);
  return (list?.resources ?? [])
    .filter(({ name }) => !name.includes('/'))
    .map(({ name, kind, namespaced, verbs = [] }) => ({ apiVersion, kind, plural: name, namespaced, verbs }));
}

/** Undefined for 404 and for an aggregated API that is away (503). */
async function getJson<T>(
  transport: ApiTransport,
  path: string,
  options?: CallOptions,
): Promise<T | undefined> {
  const { status, body } = await transport.send({
    method: 'GET',
    path,
    repeatable: true,
    signal: options?.signal,
  });
  // Whatever an API server lacks, it has the core group.
  if (status === 404 && path === apiRoot('v1'))
    throw noApiServer(transport.server, `there is nothing at ${path}`);
  if (status === 404 || status === 503) return undefined;
  if (status !== 200) throw failureOf(readStatus(status, body), { verb: 'read the API list', subject: path });
  return readAnswer<T>(body, transport.server);
}
