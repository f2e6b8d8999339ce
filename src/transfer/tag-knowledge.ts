import { SallyportError } from '../base/index.ts';
import { isDigest } from '../oci/index.ts';
import { type ContentStore, canKnowTags, canListTags } from '../store/index.ts';
import type { CopyRequest } from './types.ts';

/** What one list of tags tells in place of many questions. Each repository is asked once. */
export interface TagKnowledge {
  /** All tags of the source repository; undefined when each has to be asked for. */
  ofSource(request: CopyRequest): Promise<ReadonlySet<string> | undefined>;
  /** The target repository has no tag: it is new, or holds what an interrupted run has left. */
  isBare(request: CopyRequest): Promise<boolean>;
  /** Somebody has seen a tag there, so that nobody needs to ask. */
  hasTags(request: CopyRequest): void;
}

export function createTagKnowledge(
  signal: AbortSignal,
  ask: <T>(question: () => Promise<T>) => Promise<T>,
): TagKnowledge {
  const sources = new Map<ContentStore, Promise<ReadonlySet<string> | undefined>>();
  const targets = new Map<ContentStore, Promise<boolean>>();
  return {
    ofSource: async ({ from, selector }) => {
      if (!canKnowTags(from)) return undefined;
      const known = await once(sources, from, () => ask(() => from.knownTags({ signal })));
      // A list that lacks what is being copied, or everything, is of no use: some registries have none behind that address.
      return known !== undefined && known.size > 0 && (isDigest(selector) || known.has(selector))
        ? known
        : undefined;
    },
    hasTags: ({ to }) => void targets.set(to, Promise.resolve(false)),
    isBare: ({ to }) =>
      once(targets, to, () =>
        canListTags(to)
          ? ask(() => to.listTags({ signal, limit: 1 })).then((tags) => tags.length === 0, isUnknown(signal))
          : Promise.resolve(false),
      ),
  };
}

/** What does not exist has no tags; what may not be listed may have some. */
function isUnknown(signal: AbortSignal): (thrown: unknown) => boolean {
  return (thrown) => {
    if (signal.aborted || !(thrown instanceof SallyportError)) throw thrown;
    return thrown.code === 'MANIFEST_NOT_FOUND';
  };
}

function once<T>(
  known: Map<ContentStore, Promise<T>>,
  store: ContentStore,
  ask: () => Promise<T>,
): Promise<T> {
  const found = known.get(store) ?? ask();
  known.set(store, found);
  return found;
}
