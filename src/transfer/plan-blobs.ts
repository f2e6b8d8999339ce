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
}

/** Names a blob in a repository. The size belongs to it: of two manifests that disagree about it one is wrong, and must not spoil the other. */
export function blobKey(toRegistry: string, toRepository: string, blob: Descriptor): string {
  return `${toRegistry}/${toRepository}@${blob.digest} ${blob.size}`;
}

/** The blobs of all images, each once per target repository, asked for, and with what is to be done about each. */
export async function planBlobs(tools: PlanTools, images: readonly PlannedImage[]): Promise<BlobPlan> {
  const wanted = collect(images);
  const failed = new Map<PlannedImage, Error>();
  await Promise.all(
    [...wanted.values()].map((item) =>
      tools.ask(async () => {
        try {
          item.present = await hasAtTarget(item.to, item.blob, tools.signal);
        } catch (thrown) {
          if (tools.signal.aborted) throw thrown;
          for (const image of item.images) failed.set(image, toSallyportError(thrown));
        }
      }),
    ),
  );
  const kept = [...wanted.values()].filter((item) => [...item.images].some((image) => !failed.has(image)));
  return { failed, blobs: decide(kept).sort(biggestFirst) };
}

function collect(images: readonly PlannedImage[]): Map<string, Wanted> {
  const wanted = new Map<string, Wanted>();
  for (const image of images) {
    const { toRegistry, toRepository, to, from } = image.request;
    for (const { blobs, present } of image.manifests) {
      if (present) continue;
      for (const blob of blobs) {
        const key = blobKey(toRegistry, toRepository, blob);
        let item = wanted.get(key);
        if (item === undefined) {
          item = { blob, toRegistry, toRepository, to, from: new Set(), images: new Set(), present: false };
          wanted.set(key, item);
        }
        item.from.add(from);
        item.images.add(image);
      }
    }
  }
  return wanted;
}

/** Within a registry the first repository gets a copy and the others mount it, unless one has it already. */
function decide(wanted: readonly Wanted[]): PlannedBlob[] {
  const holders = new Set<string>();
  const sources = new Map<string, Set<ContentStore>>();
  const inRegistry = ({ toRegistry, blob }: Wanted): string => blobKey(toRegistry, '', blob);
  for (const item of wanted) {
    if (item.present) holders.add(inRegistry(item));
    const all = sources.get(inRegistry(item)) ?? new Set<ContentStore>();
    for (const store of item.from) all.add(store);
    sources.set(inRegistry(item), all);
  }
  return wanted.map((item) => {
    const { blob, toRegistry, toRepository, to, present } = item;
    const held = holders.has(inRegistry(item));
    holders.add(inRegistry(item));
    const action = present ? 'present' : held && canMount(to) ? 'mount' : 'copy';
    return {
      blob,
      action,
      toRegistry,
      toRepository,
      to,
      from: [...(sources.get(inRegistry(item)) ?? item.from)],
    };
  });
}

function biggestFirst(a: PlannedBlob, b: PlannedBlob): number {
  return (
    b.blob.size - a.blob.size || (a.blob.digest < b.blob.digest ? -1 : a.blob.digest > b.blob.digest ? 1 : 0)
  );
}
