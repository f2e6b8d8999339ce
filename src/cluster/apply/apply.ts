import pLimit, { type LimitFunction } from 'p-limit';
import {
  type Clock,
  combineErrors,
  type EmitEvent,
  SallyportError,
  textAt,
  toSallyportError,
} from '../../base/index.ts';
import type { ClusterFacts } from '../../facts/index.ts';
import { isOfTheWay } from '../client/failure.ts';
import { differencesOf } from '../compare/differences.ts';
import { describeName, groupOf, identityOf, nameOf } from '../names.ts';
import { waitForDefinitions } from '../readiness/definitions.ts';
import { caCertificateOf } from '../readiness/platform.ts';
import { type Explain, waitUntilReady } from '../readiness/wait.ts';
import type { ClusterClient, KubeObject, ObjectName } from '../types.ts';
import { expectedAfter } from './expected.ts';
import { planOrder, type Step } from './order.ts';

export const FIELD_MANAGER = 'sallyport';

/** Managers of our own: what they set is ours to change. */
export const OWN_MANAGERS: ReadonlySet<string> = new Set([FIELD_MANAGER, 'sallyport-rollback']);

export interface ApplyRun {
  readonly client: ClusterClient;
  readonly knowledge: ClusterFacts;
  readonly clock: Clock;
  readonly emit: EmitEvent;
  readonly signal?: AbortSignal | undefined;
  readonly forceConflicts: boolean;
  /** Waits for readiness after each step; CRDs are waited for in any case before objects of their kinds. */
  readonly wait: boolean;
  /** Per step. */
  readonly timeoutMs: number;
  readonly explain?: Explain | undefined;
}

export type Action = 'created' | 'changed' | 'unchanged';

export interface AppliedObject {
  readonly name: ObjectName;
  readonly action: Action;
}

/** Requests at the same time: enough to keep an API server busy, below what its fairness queues give one user. */
const AT_ONCE = 12;

/** Failures that pass by themselves, right after what they wait for was applied: how long they are tried again, in milliseconds. */
const PASSING: Readonly<Partial<Record<string, number>>> = {
  // the kind was established a moment ago, and another API server or the discovery document does not know yet
  KIND_UNKNOWN: 10_000,
  // the namespace was made a moment ago
  OBJECT_NOT_FOUND: 5_000,
  // the webhook's pods are Ready and its endpoints are on their way; a webhook that stays away is told after this
  WEBHOOK_DOWN: 15_000,
  // two writers at the same moment
  OBJECT_CONFLICT: 5_000,
};
const AGAIN_MS = 300;

/** CRDs are established within seconds, or their names are taken. */
const ESTABLISH_MS = 120_000;

/**
 * Applies objects step by step, each step at once. A failure lets the rest of its step finish and ends the run there; what was applied
 * stays, and the same call converges. `before` tells how each object was. Throws the failure, or `PARTIAL_FAILURE` with all of them.
 */
export async function applyInOrder(
  run: ApplyRun,
  objects: readonly KubeObject[],
  before: ReadonlyMap<string, KubeObject>,
  onApplied: (applied: AppliedObject) => void,
): Promise<void> {
  const limit = pLimit(AT_ONCE);
  const waiting: KubeObject[] = [];
  /** CRDs that the server may not have established yet. */
  const definitions: KubeObject[] = [];
  const steps = planOrder(objects, run.knowledge);
  const ahead = new Set(objects.map((object) => identityOf(nameOf(object))));
  // A CRD comes first, and the Certificate whose CA its webhook is to carry components later: until then it cannot be ready.
  const due = (): KubeObject[] => {
    const later = waiting.filter((object) => {
      const certificate = caCertificateOf(object);
      return certificate !== undefined && ahead.has(identityOf(certificate));
    });
    return waiting.splice(0, waiting.length, ...later).filter((object) => !later.includes(object));
  };
  for (const [index, step] of steps.entries()) {
    run.signal?.throwIfAborted();
    if (needsDefinitions(step, definitions, run.wait))
      await waitForDefinitions(
        { ...run, timeoutMs: Math.min(run.timeoutMs, ESTABLISH_MS) },
        definitions.splice(0),
      );
    // Custom resources are converted and admitted by what the steps before started.
    if (run.wait && step.group === 'custom-resources')
      await settle(run, due(), `${step.stage ?? 'workloads'}`);
    await applyStep(run, step, before, limit, onApplied);
    if (step.group === 'crds') definitions.push(...step.objects);
    waiting.push(...step.objects);
    for (const object of step.objects) ahead.delete(identityOf(nameOf(object)));
    const last = steps[index + 1]?.stage !== step.stage || index === steps.length - 1;
    if (run.wait && last && step.stage !== undefined) await settle(run, due(), step.stage);
  }
  if (run.wait) await settle(run, waiting, 'all');
}

/**
 * Establishing large CRDs takes the server seconds, in which it takes accounts and roles all the same. Operators should find their
 * kinds when they start, and custom resources must.
 */
function needsDefinitions(
  { group, objects }: Step,
  definitions: readonly KubeObject[],
  wait: boolean,
): boolean {
  if (definitions.length === 0) return false;
  const kinds = new Set(
    definitions.map(
      (definition) =>
        `${textAt(definition, 'spec', 'group') ?? ''}|${textAt(definition, 'spec', 'names', 'kind') ?? ''}`,
    ),
  );
  return (
    (wait && group !== 'configuration') ||
    objects.some(({ apiVersion, kind }) => kinds.has(`${groupOf(apiVersion)}|${kind}`))
  );
}

/** Everything of a step at once; what fails does not keep the others back. */
async function applyStep(
  run: ApplyRun,
  step: Step,
  before: ReadonlyMap<string, KubeObject>,
  limit: LimitFunction,
  onApplied: (applied: AppliedObject) => void,
): Promise<void> {
  const title = stepName(step);
  run.emit({ type: 'step', step: title, state: 'start' });
  const failures: SallyportError[] = [];
  let away: SallyportError | undefined;
  const counts: Record<Action, number> = { created: 0, changed: 0, unchanged: 0 };
  const one = async (object: KubeObject): Promise<void> => {
    if (away !== undefined) return;
    const name = nameOf(object);
    try {
      const action = actionOf(before.get(identityOf(name)), await applyOne(run, object));
      counts[action]++;
      run.emit({ type: 'object', action, name: describeName(name) });
      onApplied({ name, action });
    } catch (thrown) {
      const error = toSallyportError(thrown);
      if (error.code === 'ABORTED') throw error;
      if (isOfTheWay(error)) {
        away ??= error;
        return;
      }
      run.emit({ type: 'object', action: 'failed', name: describeName(name), message: error.message });
      failures.push(error);
    }
  };
  await Promise.all(step.objects.map((object) => limit(() => one(object))));
  if (away !== undefined) failures.push(cutShort(away, counts, step.objects.length));
  if (failures.length === 0) {
    run.emit({ type: 'step', step: title, state: 'done', message: countsText(counts) });
    return;
  }
  run.emit({ type: 'step', step: title, state: 'failed' });
  throw combineErrors(failures, `${failures.length} objects of the step ${title} were not applied`);
}

/** Said once, whatever number of objects it kept from being applied. */
function cutShort(
  error: SallyportError,
  counts: Readonly<Record<Action, number>>,
  of: number,
): SallyportError {
  const done = counts.created + counts.changed + counts.unchanged;
  return new SallyportError(
    error.code,
    `${error.message}; ${done} of ${of} objects of this step were applied`,
    {
      ...(error.subject === undefined ? {} : { subject: error.subject }),
      hint: error.hint,
      facts: error.facts,
      cause: error,
    },
  );
}

function stepName({ group, stage }: Step): string {
  return stage === undefined ? group : `${stage} ${group}`;
}

function countsText(counts: Readonly<Record<Action, number>>): string {
  return Object.entries(counts)
    .filter(([, count]) => count > 0)
    .map(([action, count]) => `${count} ${action}`)
    .join(', ');
}

/** Waits for objects and for what operators make because of them. */
async function settle(run: ApplyRun, objects: readonly KubeObject[], step: string): Promise<void> {
  const names = [...objects.map(nameOf), ...expectedAfter(objects, run.knowledge)];
  await waitUntilReady({ ...run, names, step: `wait for ${step}` });
}

async function applyOne(run: ApplyRun, object: KubeObject): Promise<KubeObject> {
  const { client, clock, signal } = run;
  const started = clock.now();
  let force = run.forceConflicts;
  for (;;) {
    try {
      return await client.apply(object, { fieldManager: FIELD_MANAGER, force, signal });
    } catch (thrown) {
      const error = toSallyportError(thrown);
      if (error.code === 'FIELD_CONFLICT' && !force && isOurs(error)) {
        force = true;
        continue;
      }
      const patience = PASSING[error.code];
      if (patience === undefined || clock.now() - started >= patience) throw error;
      if (error.code === 'KIND_UNKNOWN') client.kinds.refresh();
      await clock.sleep(AGAIN_MS, signal);
    }
  }
}

/** After a rollback some fields are ours under another name. */
export function isOurs(conflict: SallyportError): boolean {
  const managers = String(conflict.facts['managers'] ?? '').split(', ');
  return managers.every((manager) => OWN_MANAGERS.has(manager));
}

/** The server keeps the resourceVersion of an object that an apply did not change; where only who set what changed, nothing did. */
function actionOf(before: KubeObject | undefined, after: KubeObject): Action {
  if (before === undefined) return 'created';
  if (before.metadata.resourceVersion === after.metadata.resourceVersion) return 'unchanged';
  return differencesOf(before, after).length === 0 ? 'unchanged' : 'changed';
}
