import { type Clock, type EmitEvent, formatCount, SallyportError } from '../../base/index.ts';
import { describeName, identityOf, kubectlName } from '../names.ts';
import type { ClusterClient, KubeObject, ObjectName } from '../types.ts';
import { isInstant, readinessOf } from './rules.ts';
import type { Readiness } from './types.ts';

/** Why something waits, in a paragraph: what, where, why, and what to do. */
export interface Explanation {
  /** The object that waits. */
  readonly object: ObjectName;
  readonly text: string;
}

/** Asked from time to time while something waits; must not throw. */
export type Explain = (
  waiting: readonly ObjectName[],
  options: { readonly client: ClusterClient; readonly signal?: AbortSignal | undefined },
) => Promise<readonly Explanation[]>;

export interface WaitRequest {
  readonly client: ClusterClient;
  /** For messages and events, e.g. `che-operator workloads`. */
  readonly step: string;
  readonly names: readonly ObjectName[];
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly emit: EmitEvent;
  readonly signal?: AbortSignal | undefined;
  readonly explain?: Explain | undefined;
}

interface Item {
  readonly name: ObjectName;
  readiness: Readiness;
  explanation?: string | undefined;
}

/** Milliseconds between looks: quick at first, because most things are ready at once. */
const FIRST_MS = 200;
const SLOWEST_MS = 2000;
/** The first explanation is asked for when a pull had time to fail, then it is kept fresh. */
const EXPLAIN_AFTER_MS = 4000;
const EXPLAIN_EVERY_MS = 5000;

/**
 * Waits until every object is ready by the rule of its kind, and tells what is ready and what each other one waits for. Throws
 * `NOT_READY` with one part per object that is not: at once when one has failed for good and the others are settled, else at the time limit.
 */
export async function waitUntilReady(request: WaitRequest): Promise<void> {
  const { client, clock, emit, signal, explain, step, timeoutMs } = request;
  const items = request.names
    .filter((name) => !isInstant(name))
    .map((name): Item => ({ name, readiness: { state: 'waiting', message: 'not looked at yet' } }));
  if (items.length === 0) return;
  const started = clock.now();
  let explainedAt = started + EXPLAIN_AFTER_MS - EXPLAIN_EVERY_MS;
  let told = '';
  for (let pause = FIRST_MS; ; pause = Math.min(SLOWEST_MS, pause * 1.5)) {
    signal?.throwIfAborted();
    const open = items.filter(({ readiness }) => readiness.state !== 'ready');
    await Promise.all(
      open.map(async (item) => {
        item.readiness = readinessOf(await look(client, item.name, signal));
      }),
    );
    const left = items.filter(({ readiness }) => readiness.state !== 'ready');
    const late = clock.now() - started >= timeoutMs;
    const failedForGood = left.some(({ readiness }) => readiness.state === 'failed');
    if (
      left.length > 0 &&
      explain !== undefined &&
      (late || failedForGood || clock.now() - explainedAt >= EXPLAIN_EVERY_MS)
    ) {
      explainedAt = clock.now();
      await addExplanations(left, explain, request);
    }
    const event = {
      type: 'waiting' as const,
      step,
      ready: items.length - left.length,
      total: items.length,
      objects: items.map(({ name, readiness, explanation }) => ({
        name: describeName(name),
        state: readiness.state,
        message: readiness.message,
        ...(explanation === undefined || readiness.state === 'ready' ? {} : { explanation }),
      })),
    };
    const text = JSON.stringify(event);
    if (text !== told) emit(event);
    told = text;
    if (left.length === 0) return;
    if (failedForGood || late) throw notReady(request, left, late);
    await clock.sleep(pause, signal);
  }
}

/** A server that is away for a moment is no reason to give up waiting; the transport has tried for some seconds already. */
async function look(
  client: ClusterClient,
  name: ObjectName,
  signal: AbortSignal | undefined,
): Promise<KubeObject | undefined> {
  const found = await client.get(name, { signal });
  // A kind that was unknown a moment ago may be there now.
  if (found === undefined && (await client.kinds.find(name.apiVersion, name.kind, { signal })) === undefined)
    client.kinds.refresh();
  return found;
}

async function addExplanations(
  left: readonly Item[],
  explain: Explain,
  { client, signal }: WaitRequest,
): Promise<void> {
  const byName = new Map(left.map((item) => [identityOf(item.name), item]));
  const explanations = await explain(
    left.map(({ name }) => name),
    { client, signal },
  );
  for (const item of left) item.explanation = undefined;
  for (const { object, text } of explanations) {
    const item = byName.get(identityOf(object));
    if (item !== undefined) item.explanation = text;
  }
}

function notReady({ step, timeoutMs }: WaitRequest, left: readonly Item[], late: boolean): SallyportError {
  const parts = left.map(
    ({ name, readiness, explanation }) =>
      new SallyportError('NOT_READY', explanation ?? readiness.message, {
        subject: describeName(name),
        hint: `kubectl describe ${kubectlName(name)}`,
        facts: { state: readiness.state },
      }),
  );
  const how = late
    ? `${parts.length === 1 ? 'was' : 'were'} not ready within ${Math.round(timeoutMs / 1000)} s`
    : 'cannot become ready';
  return new SallyportError('NOT_READY', `${step}: ${formatCount(parts.length, 'object')} ${how}`, { parts });
}
