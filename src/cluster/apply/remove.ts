import {
  type Clock,
  type EmitEvent,
  formatCount,
  SallyportError,
  toSallyportError,
} from '../../base/index.ts';
import type { ClusterFacts } from '../../facts/index.ts';
import { describeName, kubectlName, nameOf } from '../names.ts';
import type { CallOptions, ClusterClient, KubeObject, ObjectName } from '../types.ts';
import { planOrder } from './order.ts';

export interface RemoveOptions extends CallOptions {
  readonly emit: EmitEvent;
  readonly clock: Clock;
}

/** How long deleted objects are waited for, in milliseconds: controllers are done with their finalizers in seconds, or somebody must look. */
const GONE_MS = 10_000;
/** Operators take what they made down first; Che and a workspace need about half a minute. */
const OPERATOR_MS = 120_000;

/**
 * Deletes, dependants first: the steps of applying backwards. Custom resources are gone before their operators go, because nobody else
 * ends their finalizers. Throws `PARTIAL_FAILURE` with what could not be deleted, and `OBJECT_CONFLICT` when a custom resource stays.
 */
export async function removeObjects(
  client: ClusterClient,
  names: readonly ObjectName[],
  knowledge: ClusterFacts,
  options: RemoveOptions,
): Promise<void> {
  const { emit, signal } = options;
  // Labels tell to which component an object belongs.
  const live = await stillThere(client, names, options);
  const failures: SallyportError[] = [];
  const removeOne = async (object: KubeObject): Promise<void> => {
    const name = nameOf(object);
    try {
      const was = await client.delete(name, { propagation: 'Background', signal });
      if (was) emit({ type: 'object', action: 'removed', name: describeName(name) });
    } catch (thrown) {
      const error = toSallyportError(thrown);
      if (error.code === 'ABORTED') throw error;
      if (error.code !== 'KIND_UNKNOWN') failures.push(error);
    }
  };
  const steps = planOrder(live, knowledge).toReversed();
  for (const [index, step] of steps.entries()) {
    await Promise.all(step.objects.map(removeOne));
    const operatorsFollow = steps.slice(index + 1).some(({ group }) => group === 'workloads');
    if (step.group !== 'custom-resources' || !operatorsFollow) continue;
    if (failures.length > 0) break;
    const [held] = await untilGone(client, step.objects.map(nameOf), OPERATOR_MS, options);
    if (held !== undefined) throw heldByFinalizers(held);
  }
  if (failures.length > 0)
    throw new SallyportError(
      'PARTIAL_FAILURE',
      `${formatCount(failures.length, 'object')} could not be deleted`,
      {
        parts: failures,
      },
    );
}

/** Waits a moment for deleted objects, and tells which are held by finalizers. */
export async function tellWhatStays(
  client: ClusterClient,
  names: readonly ObjectName[],
  options: RemoveOptions,
): Promise<void> {
  for (const object of await untilGone(client, names, GONE_MS, options))
    options.emit({
      type: 'note',
      level: 'warning',
      subject: describeName(nameOf(object)),
      message: `is deleted but still there; it waits for ${(object.metadata.finalizers ?? ['its dependants']).join(', ')}`,
    });
}

/** What is still there at the time limit. */
async function untilGone(
  client: ClusterClient,
  names: readonly ObjectName[],
  limitMs: number,
  options: RemoveOptions,
): Promise<readonly KubeObject[]> {
  const { clock, signal } = options;
  const started = clock.now();
  for (;;) {
    const left = await stillThere(client, names, options);
    if (left.length === 0 || clock.now() - started >= limitMs) return left;
    await clock.sleep(250, signal);
  }
}

async function stillThere(
  client: ClusterClient,
  names: readonly ObjectName[],
  { signal }: CallOptions,
): Promise<readonly KubeObject[]> {
  const found = await Promise.all(names.map((name) => client.get(name, { signal })));
  return found.filter((object) => object !== undefined);
}

function heldByFinalizers(object: KubeObject): SallyportError {
  const name = nameOf(object);
  return new SallyportError(
    'OBJECT_CONFLICT',
    `is deleted but still there after ${OPERATOR_MS / 1000} s, held by ${(object.metadata.finalizers ?? ['its dependants']).join(', ')}; its operator was left running`,
    {
      subject: describeName(name),
      hint: `See why the operator does not finish (its log, kubectl describe ${kubectlName(name)}), then run the same command again.`,
    },
  );
}
