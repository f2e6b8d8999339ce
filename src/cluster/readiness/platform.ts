import { at, isFields, listAt, textAt } from '../../base/index.ts';
import type { KubeObject, ObjectName } from '../types.ts';
import { conditionOf, said } from './conditions.ts';
import { failed, READY, type Readiness, waiting } from './types.ts';

/** cert-manager's CA injector fills the bundles of objects that carry one of these (cert-manager.io, "CA Injector"). */
const INJECT = [
  'cert-manager.io/inject-ca-from',
  'cert-manager.io/inject-ca-from-secret',
  'cert-manager.io/inject-apiserver-ca',
] as const;

function wantsCa({ metadata }: KubeObject): string | undefined {
  return INJECT.map((name) => metadata.annotations?.[name]).find((value) => value !== undefined);
}

/** The Certificate whose CA the injector writes into this object. */
export function caCertificateOf({ metadata }: KubeObject): ObjectName | undefined {
  const [namespace, name] = metadata.annotations?.['cert-manager.io/inject-ca-from']?.split('/') ?? [];
  return namespace === undefined || name === undefined
    ? undefined
    : { apiVersion: 'cert-manager.io/v1', kind: 'Certificate', namespace, name };
}

export function crd(object: KubeObject): Readiness {
  const names = conditionOf(object, 'NamesAccepted');
  if (names?.status === 'False') return failed(said(names));
  if (conditionOf(object, 'Established')?.status !== 'True') return waiting('not established');
  return crdBundle(object);
}

/** Established alone: enough to apply objects of a kind whose versions need no webhook. */
export function crdEstablished(object: KubeObject): Readiness {
  const names = conditionOf(object, 'NamesAccepted');
  if (names?.status === 'False') return failed(said(names));
  return conditionOf(object, 'Established')?.status === 'True' ? READY : waiting('not established');
}

function crdBundle(object: KubeObject): Readiness {
  const from = wantsCa(object);
  if (from === undefined || textAt(object, 'spec', 'conversion', 'strategy') !== 'Webhook') return READY;
  const bundle = textAt(object, 'spec', 'conversion', 'webhook', 'clientConfig', 'caBundle') ?? '';
  return isBundle(bundle)
    ? READY
    : waiting(`the CA bundle of its conversion webhook is empty (from ${from})`);
}

/** `Cg==`, a line break, was upstream's placeholder until DWO v0.32 (devfile/devworkspace-operator#1327). */
function isBundle(bundle: string): boolean {
  return Buffer.from(bundle, 'base64').toString('latin1').includes('BEGIN');
}

export function webhookConfiguration(object: KubeObject): Readiness {
  const webhooks = listAt(object, 'webhooks');
  const from = wantsCa(object);
  if (from === undefined) return READY;
  const empty = webhooks.filter((webhook) => !isBundle(textAt(webhook, 'clientConfig', 'caBundle') ?? ''));
  const [first] = empty;
  return first === undefined
    ? READY
    : waiting(`the CA bundle of ${textAt(first, 'name') ?? 'a webhook'} is empty (from ${from})`);
}

export function apiService(object: KubeObject): Readiness {
  const available = conditionOf(object, 'Available');
  return available?.status === 'True'
    ? READY
    : waiting(available === undefined ? 'not looked at yet' : said(available));
}

export function namespace(object: KubeObject): Readiness {
  const phase = textAt(object, 'status', 'phase');
  if (phase === 'Active') return READY;
  return phase === 'Terminating' ? failed('the namespace is being deleted') : waiting('not active');
}

/** A claim waits for its first pod where the storage class says so, which is no failure; only pods show whether it is bound then. */
export function claim(object: KubeObject): Readiness {
  const phase = textAt(object, 'status', 'phase') ?? 'Pending';
  if (phase === 'Lost') return failed('the volume is lost');
  return READY;
}

export function service(object: KubeObject): Readiness {
  if (textAt(object, 'spec', 'type') !== 'LoadBalancer') return READY;
  return listAt(object, 'status', 'loadBalancer', 'ingress').length > 0
    ? READY
    : waiting('no load balancer has given it an address');
}

export function certificate(object: KubeObject): Readiness {
  const ready = conditionOf(object, 'Ready');
  if (ready?.status === 'True') return READY;
  const issuing = conditionOf(object, 'Issuing');
  if (ready === undefined && issuing === undefined) return waiting('cert-manager has not looked at it yet');
  return waiting(said(ready ?? issuing ?? { type: 'Ready', status: '', reason: '', message: '' }));
}

/** The phase comes from the che-server Deployment alone (domain: eclipse-che/che-operator, CheCluster status). */
export function cheCluster(object: KubeObject): Readiness {
  const phase = textAt(object, 'status', 'chePhase');
  const reason = textAt(object, 'status', 'reason') ?? '';
  const message = textAt(object, 'status', 'message') ?? '';
  const why = [reason, message].filter((part) => part !== '').join(': ');
  if (phase === 'Active') return READY;
  if (phase === undefined) return waiting(why === '' ? 'the Che operator has not looked at it yet' : why);
  return waiting(`phase ${phase}${why === '' ? '' : `, ${why}`}`);
}

export function devWorkspace(object: KubeObject): Readiness {
  const phase = textAt(object, 'status', 'phase') ?? '';
  const message = textAt(object, 'status', 'message') ?? '';
  if (phase === 'Failed' || phase === 'Error') return failed(message === '' ? phase : message);
  if (at(object, 'spec', 'started') !== true || phase === 'Running') return READY;
  return waiting([phase, message].filter((part) => part !== '').join(': ') || 'not looked at yet');
}

/**
 * Objects of kinds that we know nothing of (kstatus, generic rules): `Reconciling` and `Stalled` are abnormal-true, `Ready` and
 * `Available` are what their names say; without any of them being there is all there is to wait for.
 */
export function generic(object: KubeObject): Readiness {
  const stalled = conditionOf(object, 'Stalled');
  if (stalled?.status === 'True') return failed(said(stalled));
  const reconciling = conditionOf(object, 'Reconciling');
  if (reconciling?.status === 'True') return waiting(said(reconciling));
  for (const type of ['Ready', 'Available']) {
    const condition = conditionOf(object, type);
    if (condition !== undefined) return condition.status === 'True' ? READY : waiting(said(condition));
  }
  return READY;
}

/** True for objects whose controller writes which generation it has seen. */
export function isSeen(object: KubeObject): boolean {
  const observed = isFields(object['status']) ? object['status']['observedGeneration'] : undefined;
  const { generation } = object.metadata;
  return typeof observed !== 'number' || generation === undefined || observed >= generation;
}
