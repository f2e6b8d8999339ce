import type { CallOptions, ClusterClient } from '../types.ts';
import { type AllowedImages, createJudge, type Judged } from './judge.ts';
import { containersOf } from './running.ts';

export interface AuditOptions extends CallOptions {
  readonly namespaces: readonly string[];
  readonly allowed: AllowedImages;
}

/** Every container of every pod of these namespaces, judged. Throws when a namespace cannot be listed: what was not looked at is not verified. */
export async function auditPods(client: ClusterClient, options: AuditOptions): Promise<readonly Judged[]> {
  const judge = createJudge(options.allowed);
  const pods = await Promise.all(
    options.namespaces.map((namespace) => client.list({ apiVersion: 'v1', kind: 'Pod', namespace }, options)),
  );
  return pods.flat().flatMap(containersOf).map(judge);
}

/** Namespaces that match a label selector, sorted. */
export async function namespacesWith(
  client: ClusterClient,
  labelSelector: string,
  options: CallOptions = {},
): Promise<readonly string[]> {
  const found = await client.list({ apiVersion: 'v1', kind: 'Namespace', labelSelector }, options);
  return found.map(({ metadata }) => metadata.name).sort();
}
