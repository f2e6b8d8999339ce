import { setMaxListeners } from 'node:events';
import pLimit, { type LimitFunction } from 'p-limit';
import { type EmitEvent, ignoreEvents, SallyportError, toSallyportError } from '../base/index.ts';
import type { CopyMemory } from './brought.ts';
import { createBlobQuestions } from './plan-blobs.ts';
import { planImage } from './plan-image.ts';
import { createSourceReader, type SourceReader } from './source-reader.ts';
import { createTagKnowledge, type TagKnowledge } from './tag-knowledge.ts';
import type { CopyRequest, Plan, PlannedBlob, PlannedImage, PlanOptions } from './types.ts';

/** What the parts of planning share. */
export interface PlanTools {
  readonly signal: AbortSignal;
  readonly emit: EmitEvent;
  readonly recheck: boolean;
  readonly memory: CopyMemory | undefined;
  readonly sources: SourceReader;
  readonly tags: TagKnowledge;
  /** Runs a question when there is room for it. */
  ask<T>(question: () => Promise<T>): Promise<T>;
  /** Runs once per key. */
  once(key: string, run: () => void): void;
}

/** Questions cost the servers little and latency much, so many are in flight; the client's own limits per host stand below. */
const IMAGES = 64;
const QUESTIONS = 128;

/**
 * Finds out what has to move, for all images at once and before the first byte does. What fails for one image is kept in `failed`; the
 * others go on. Throws `ABORTED`.
 */
export async function planCopies(requests: readonly CopyRequest[], options: PlanOptions = {}): Promise<Plan> {
  const {
    signal = new AbortController().signal,
    emit = ignoreEvents,
    recheck = false,
    memory,
    concurrency = {},
  } = options;
  setMaxListeners(0, signal); // every request in flight listens
  const tools = createTools({ signal, emit, recheck, memory }, concurrency.questions ?? QUESTIONS);
  try {
    return await planAll(tools, requests, pLimit(concurrency.images ?? IMAGES));
  } catch (thrown) {
    throw signal.aborted ? stopped(thrown) : thrown;
  }
}

async function planAll(
  tools: PlanTools,
  requests: readonly CopyRequest[],
  inParallel: LimitFunction,
): Promise<Plan> {
  const { signal, emit } = tools;
  const failed: { request: CopyRequest; error: Error }[] = [];
  const questions = createBlobQuestions(tools);
  const planned = await Promise.all(
    requests.map((request) =>
      inParallel(async () => {
        try {
          signal.throwIfAborted();
          const image = await planImage(tools, request);
          if (image.state === 'copy') questions.add(image, await tools.tags.isBare(request));
          return image;
        } catch (thrown) {
          if (signal.aborted) throw thrown;
          failed.push({ request, error: toSallyportError(thrown) });
          return undefined;
        }
      }),
    ),
  );
  const images = planned.filter((image) => image !== undefined);
  const { blobs, failed: unasked } = await questions.finish(images);
  for (const [{ request }, error] of unasked) failed.push({ request, error });
  const kept = images.filter((image) => !unasked.has(image));
  const plan = summed(kept, blobs, inOrder(failed, requests));
  emit({
    type: 'plan',
    images: kept.length,
    blobs: blobs.length,
    bytesToSend: plan.bytesToSend,
    bytesPresent: plan.bytesPresent,
    bytesMountable: plan.bytesMountable,
  });
  return plan;
}

function createTools(
  given: Pick<PlanTools, 'signal' | 'emit' | 'recheck' | 'memory'>,
  questions: number,
): PlanTools {
  const { signal } = given;
  const limit = pLimit(questions);
  const done = new Set<string>();
  const ask: PlanTools['ask'] = (question) =>
    limit(() => {
      signal.throwIfAborted();
      return question();
    });
  return {
    ...given,
    sources: createSourceReader(signal),
    tags: createTagKnowledge(signal, ask),
    ask,
    once: (key, run) => {
      if (done.has(key)) return;
      done.add(key);
      run();
    },
  };
}

function summed(
  images: readonly PlannedImage[],
  blobs: readonly PlannedBlob[],
  failed: Plan['failed'],
): Plan {
  const bytes = (action: PlannedBlob['action']): number =>
    blobs.reduce((sum, item) => (item.action === action ? sum + item.blob.size : sum), 0);
  return {
    images,
    blobs,
    failed,
    bytesToSend: bytes('copy'),
    bytesPresent: bytes('present'),
    bytesMountable: bytes('mount'),
  };
}

function inOrder(failed: Plan['failed'], requests: readonly CopyRequest[]): Plan['failed'] {
  const order = new Map(requests.map((request, index) => [request, index]));
  return failed.toSorted((a, b) => (order.get(a.request) ?? 0) - (order.get(b.request) ?? 0));
}

export function stopped(thrown: unknown): SallyportError {
  return thrown instanceof SallyportError && thrown.code === 'ABORTED'
    ? thrown
    : new SallyportError('ABORTED', 'stopped on request', { cause: thrown });
}
