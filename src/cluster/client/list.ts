import { type Clock, SallyportError } from '../../base/index.ts';
import { readUpTo } from '../../http/index.ts';
import type { CallOptions, ClusterClient, KubeObject, ListQuery } from '../types.ts';
import { readAnswer } from './answer.ts';
import type { Api } from './api.ts';
import { type Attempt, failureOf } from './failure.ts';
import { readStatus } from './status.ts';
import { WATCH_SECONDS, watchForever } from './watch.ts';

/** Objects a page: what kubectl asks for. */
const PAGE = '500';
/** Of an answer that refuses a watch. */
const REFUSAL_BYTES = 64 * 1024;

interface Listed {
  readonly items: readonly KubeObject[];
  /** The place from which a watch goes on. */
  readonly resourceVersion: string;
}

/** Reading many objects, now and from now on. */
export function createLists(api: Api, clock: Clock): Pick<ClusterClient, 'list' | 'watch'> {
  return {
    list: async (query, options) => (await listAll(api, query, options)).items,
    watch: (query, options) =>
      watchForever(
        {
          list: () => listAll(api, query, options),
          open: async (resourceVersion) => {
            const response = await api.transport.open({
              method: 'GET',
              path: await api.collection(query, query.namespace, options),
              query: {
                watch: 'true',
                resourceVersion,
                allowWatchBookmarks: 'true',
                timeoutSeconds: String(WATCH_SECONDS),
                ...selectors(query),
              },
              repeatable: true,
              signal: options?.signal,
            });
            if (response.status === 200) return response.body;
            const { bytes } = await readUpTo(response.body, REFUSAL_BYTES);
            throw failureOf(readStatus(response.status, bytes), trying('watch', query));
          },
          failure: (status) => failureOf(status, trying('watch', query)),
        },
        clock,
        options?.signal,
      ),
  };
}

/** All pages. A list whose next page the server has forgotten is begun anew once. */
async function listAll(api: Api, query: ListQuery, options: CallOptions | undefined): Promise<Listed> {
  const path = await api.collection(query, query.namespace, options);
  for (let restarted = false; ; restarted = true) {
    const items: KubeObject[] = [];
    let token: string | undefined;
    let resourceVersion = '';
    try {
      do {
        const answer = await page(api, query, path, token, options);
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
}

interface ListAnswer {
  readonly metadata?: { readonly continue?: string; readonly resourceVersion?: string };
  readonly items?: readonly KubeObject[];
}

async function page(
  api: Api,
  query: ListQuery,
  path: string,
  token: string | undefined,
  options: CallOptions | undefined,
): Promise<ListAnswer> {
  const { status, body } = await api.send({
    method: 'GET',
    path,
    query: { limit: PAGE, continue: token, ...selectors(query) },
    repeatable: true,
    signal: options?.signal,
  });
  if (status !== 200) throw failureOf(readStatus(status, body), trying('list', query));
  return readAnswer<ListAnswer>(body, api.transport.server);
}

function selectors({ labelSelector, fieldSelector }: ListQuery): Record<string, string | undefined> {
  return { labelSelector, fieldSelector };
}

function trying(verb: string, { kind, namespace }: ListQuery): Attempt {
  return { verb, subject: `${kind} in ${namespace ?? 'all namespaces'}` };
}
