import { gunzipSync, gzipSync } from 'node:zlib';
import { SallyportError, textAt } from '../../base/index.ts';
import type { CallOptions, ClusterClient, KubeObject, ObjectName } from '../types.ts';

/** Where releases keep what they know, in the cluster itself, so that any machine can go on. */
export interface StatePlace {
  readonly client: ClusterClient;
  readonly namespace: string;
  /** A DNS label: which set of objects is meant. */
  readonly release: string;
}

const LABEL = {
  release: 'sallyport.dev/release',
  kind: 'sallyport.dev/state',
  managedBy: 'app.kubernetes.io/managed-by',
} as const;

/** Base64 in a Secret or ConfigMap: the API server takes 1 MiB of data, etcd 1.5 MiB in all. */
const SHARD_BYTES = 600_000;

const MANAGER = { fieldManager: 'sallyport-state', force: true } as const;

export type StateKind = 'inventory' | 'previous';

/** Object that holds part of a state. Previous states may hold Secrets, so they are kept in Secrets. */
function shardName(place: StatePlace, kind: StateKind, key: string, shard: number): ObjectName {
  const suffix = kind === 'inventory' ? '' : `-r${key}`;
  return {
    apiVersion: 'v1',
    kind: kind === 'inventory' ? 'ConfigMap' : 'Secret',
    namespace: place.namespace,
    name: `sallyport-${place.release}${suffix}${shard === 0 ? '' : `-${shard}`}`,
  };
}

/**
 * Writes a state, compressed, over as many objects as it needs. The first object names their number and the write it belongs to, and is
 * written last: what cannot be read whole is not there. `key` tells states of one kind apart.
 */
export async function writeState(
  place: StatePlace,
  kind: StateKind,
  key: string,
  value: unknown,
  options: CallOptions & { readonly stamp: string },
): Promise<void> {
  const { client } = place;
  const packed = gzipSync(JSON.stringify(value), { level: 6 });
  const shards: Buffer[] = [];
  for (let from = 0; from < packed.length; from += SHARD_BYTES)
    shards.push(packed.subarray(from, from + SHARD_BYTES));
  await ensureNamespace(place, options);
  for (let index = shards.length - 1; index >= 0; index--) {
    const name = shardName(place, kind, key, index);
    const part = (shards[index] ?? Buffer.alloc(0)).toString('base64');
    await client.apply(
      {
        apiVersion: 'v1',
        kind: name.kind,
        metadata: {
          name: name.name,
          namespace: place.namespace,
          labels: {
            [LABEL.release]: place.release,
            [LABEL.kind]: index === 0 ? kind : `${kind}-part`,
            [LABEL.managedBy]: 'sallyport',
          },
          annotations: {
            'sallyport.dev/key': key,
            'sallyport.dev/parts': String(shards.length),
            'sallyport.dev/written': options.stamp,
          },
        },
        ...(name.kind === 'Secret'
          ? { type: 'sallyport.dev/state', data: { 'state.json.gz': part } }
          : { binaryData: { 'state.json.gz': part } }),
      },
      { ...MANAGER, signal: options.signal },
    );
  }
  await removeShardsFrom(place, kind, key, shards.length, options);
}

/** Undefined when there is none, or when it is not whole. */
export async function readState(
  place: StatePlace,
  kind: StateKind,
  key: string,
  options: CallOptions,
): Promise<unknown> {
  const head = await place.client.get(shardName(place, kind, key, 0), options);
  if (head === undefined) return undefined;
  const count = Number(head.metadata.annotations?.['sallyport.dev/parts'] ?? 1);
  const stamp = head.metadata.annotations?.['sallyport.dev/written'];
  const parts = [head];
  for (let index = 1; index < count; index++) {
    const part = await place.client.get(shardName(place, kind, key, index), options);
    if (part?.metadata.annotations?.['sallyport.dev/written'] !== stamp || part === undefined)
      return undefined;
    parts.push(part);
  }
  try {
    const packed = Buffer.concat(parts.map((part) => Buffer.from(contentOf(part), 'base64')));
    return JSON.parse(gunzipSync(packed).toString('utf8')) as unknown;
  } catch (cause) {
    throw new SallyportError('STATE_INVALID', 'what is kept there cannot be read', {
      subject: `${head.kind} ${place.namespace}/${head.metadata.name}`,
      cause,
    });
  }
}

function contentOf(object: KubeObject): string {
  return textAt(object, object.kind === 'Secret' ? 'data' : 'binaryData', 'state.json.gz') ?? '';
}

/** Keys of the states of a kind that are whole or were begun, in no order. */
export async function listStates(
  place: StatePlace,
  kind: StateKind,
  options: CallOptions,
): Promise<readonly { readonly key: string; readonly written: string }[]> {
  const found = await place.client.list(
    {
      apiVersion: 'v1',
      kind: kind === 'inventory' ? 'ConfigMap' : 'Secret',
      namespace: place.namespace,
      labelSelector: `${LABEL.release}=${place.release},${LABEL.kind}=${kind}`,
    },
    options,
  );
  return found.map(({ metadata }) => ({
    key: metadata.annotations?.['sallyport.dev/key'] ?? '',
    written: metadata.annotations?.['sallyport.dev/written'] ?? '',
  }));
}

export async function deleteState(
  place: StatePlace,
  kind: StateKind,
  key: string,
  options: CallOptions,
): Promise<void> {
  await removeShardsFrom(place, kind, key, 0, options);
}

/** The head goes first, so that what is left of a state is never taken for one. */
async function removeShardsFrom(
  place: StatePlace,
  kind: StateKind,
  key: string,
  from: number,
  options: CallOptions,
): Promise<void> {
  for (let index = from; ; index++)
    if (!(await place.client.delete(shardName(place, kind, key, index), options))) return;
}

async function ensureNamespace({ client, namespace }: StatePlace, options: CallOptions): Promise<void> {
  if ((await client.get({ apiVersion: 'v1', kind: 'Namespace', name: namespace }, options)) !== undefined)
    return;
  await client.apply(
    {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: namespace, labels: { [LABEL.managedBy]: 'sallyport' } },
    },
    { ...MANAGER, signal: options.signal },
  );
}
