import { toSallyportError } from '../base/index.ts';
import type { Descriptor } from '../oci/index.ts';
import { type ContentStore, canMount } from '../store/index.ts';
import type { PlanTools } from './plan.ts';
import { hasAtTarget } from './target-questions.ts';
import type { PlannedBlob, PlannedImage } from './types.ts';

export interface BlobPlan {
  /** Biggest first. */
  readonly blobs: readonly PlannedBlob[];
  /** Images whose blobs could not be asked for. */
  readonly failed: ReadonlyMap<PlannedImage, Error>;
}

interface Wanted {
  readonly blob: Descriptor;
  readonly toRegistry: string;
  readonly toRepository: string;
  readonly to: ContentStore;
  readonly from: Set<ContentStore>;
  readonly images: Set<PlannedImage>;
  present: boolean;
  asked: boolean;
}

/** Names a blob in a repository. The size belongs to it: of two manifests that disagree about it one is wrong, and must not spoil the other. */
export function blobKey(toRegistry: string, toRepository: string, blob: Descriptor): string {
  return `${toRegistry}/${toRepository}@${blob.digest} ${blob.size}`;
}

/** Asks about blobs while images are still being looked at. */
export interface BlobQuestions {
  /** `bare`: the target repository has no tag yet (see `worthAsking`). */
  add(image: PlannedImage, bare: boolean): void;
  /** When no image comes any more: the blobs of all images, each once per target repository, and what is to be done about each. */
  finish(order: readonly PlannedImage[]): Promise<BlobPlan>;
}

export function createBlobQuestions(tools: PlanTools): BlobQuestions {
  const wanted = new Map<string, Wanted>();
  const asked: Promise<void>[] = [];
  const failed = new Map<PlannedImage, Error>();

  const ask = (item: Wanted): void => {
    item.asked = true;
    const question = tools.ask(async () => {
      try {
        item.present = await hasAtTarget(item.to, item.blob, tools.signal);
      } catch (thrown) {
        if (tools.signal.aborted) throw thrown;
        for (const image of item.images) failed.set(image, toSallyportError(thrown));
      }
    });
    question.catch(() => {}); // told by `finish`
    asked.push(question);
  };

  return {
    add: (image, bare) => {
      const { toRegistry, toRepository, to, from } = image.request;
      for (const { blobs, present } of image.manifests) {
        if (present) continue;
        for (const blob of blobs) {
          const key = blobKey(toRegistry, toRepository, blob);
          let item = wanted.get(key);
          if (item === undefined) {
            item = {
              blob,
              toRegistry,
              toRepository,
              to,
              from: new Set(),
              images: new Set(),
              present: false,
              asked: false,
            };
            wanted.set(key, item);
            if (!bare || tools.recheck) ask(item);
          }
          item.from.add(from);
          item.images.add(image);
        }
      }
    },
    finish: async (order) => {
      await Promise.all(asked);
      const items = inOrder([...wanted.values()], order);
      for (const item of worthAsking(items)) ask(item);
      await Promise.all(asked);
      const kept = items.filter((item) => [...item.images].some((image) => !failed.has(image)));
      return { failed, blobs: decide(kept).sort(biggestFirst) };
    },
  };
}

/** As the images come, so that two plans of the same images name the same repository to be written first. */
function inOrder(items: readonly Wanted[], order: readonly PlannedImage[]): Wanted[] {
  const places = new Map(order.map((image, index) => [image, index]));
  const place = (item: Wanted): number =>
    Math.min(...[...item.images].map((image) => places.get(image) ?? Number.POSITIVE_INFINITY));
  return items
    .map((item) => ({ item, at: place(item) }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);
}

/** Sending so little costs about as much as the question whether it is there (three requests for one). */
export const SENT_UNASKED = 256 * 1024;

/**
 * What to ask of repositories that have no tag: they are new, or hold what an interrupted run has left, and that began with the repository
 * that would be written first. So of each large blob only that one is asked, and none where another repository is known to have it: to mount a
 * blob that is there already costs no more than the question. Small ones are sent again.
 */
function worthAsking(items: readonly Wanted[]): Wanted[] {
  const known = new Set<string>();
  for (const item of items) if (item.present) known.add(inRegistry(item));
  return items.filter((item) => {
    if (item.asked || item.blob.size <= SENT_UNASKED) return false;
    if (!canMount(item.to)) return true;
    const first = !known.has(inRegistry(item));
    known.add(inRegistry(item));
    return first;
  });
}

const inRegistry = ({ toRegistry, blob }: Wanted): string => blobKey(toRegistry, '', blob);

/** Within a registry the first repository gets a copy and the others mount it, unless one has it already. */
function decide(wanted: readonly Wanted[]): PlannedBlob[] {
  const holders = new Set<string>();
  const sources = new Map<string, Set<ContentStore>>();
  for (const item of wanted) {
    if (item.present) holders.add(inRegistry(item));
    const all = sources.get(inRegistry(item)) ?? new Set<ContentStore>();
    for (const store of item.from) all.add(store);
    sources.set(inRegistry(item), all);
  }
  return wanted.map((item) => {
    const { blob, toRegistry, toRepository, to, present, asked } = item;
    const held = holders.has(inRegistry(item));
    holders.add(inRegistry(item));
    const action = present ? 'present' : held && canMount(to) ? 'mount' : 'copy';
    return {
      blob,
      action,
      toRegistry,
      toRepository,
      to,
      asked,
      from: [...(sources.get(inRegistry(item)) ?? item.from)],
    };
  });
}

function biggestFirst(a: PlannedBlob, b: PlannedBlob): number {
  return (
    b.blob.size - a.blob.size || (a.blob.digest < b.blob.digest ? -1 : a.blob.digest > b.blob.digest ? 1 : 0)
  );
}
