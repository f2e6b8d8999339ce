import type { MapNode, YamlNode } from '../../yaml/index.ts';
import { nodeAt, textAt } from '../edit/index.ts';
import { type KubeObject, type OpenFile, objectsOf } from '../objects.ts';

/** Where each kind keeps its pod spec. Source: Kubernetes API reference v1.34, workload resources. */
const POD_SPECS: Readonly<Record<string, readonly string[]>> = {
  Pod: ['spec'],
  PodTemplate: ['template', 'spec'],
  ReplicationController: ['spec', 'template', 'spec'],
  Deployment: ['spec', 'template', 'spec'],
  ReplicaSet: ['spec', 'template', 'spec'],
  StatefulSet: ['spec', 'template', 'spec'],
  DaemonSet: ['spec', 'template', 'spec'],
  Job: ['spec', 'template', 'spec'],
  CronJob: ['spec', 'jobTemplate', 'spec', 'template', 'spec'],
};

const KINDS = new Set(Object.keys(POD_SPECS));
const CONTAINERS = ['initContainers', 'containers', 'ephemeralContainers'] as const;

/** A pod of the inputs that pulls from the target, and the account it pulls with. */
export interface Puller {
  readonly namespace: string | undefined;
  /** The account's name; `default` when the pod names none. */
  readonly account: string;
  /** `Deployment/che-operator`. */
  readonly workload: string;
}

/** The workloads of a rewritten file that pull from the target and do not name the pull secret themselves. */
export function pullersOf(
  file: OpenFile,
  options: { readonly isInside: (reference: string) => boolean; readonly secret: string },
): Puller[] {
  return objectsOf(file, KINDS).flatMap((object) => {
    const spec = podSpecOf(object);
    if (spec === undefined || !imagesOf(spec).some(options.isInside) || hasSecret(spec, options.secret))
      return [];
    return [
      {
        namespace: object.namespace,
        // `serviceAccount` is the deprecated alias that the API server still reads
        account: textAt(spec, 'serviceAccountName') || textAt(spec, 'serviceAccount') || 'default',
        workload: `${object.kind}/${object.name}`,
      },
    ];
  });
}

function podSpecOf(object: KubeObject): MapNode | undefined {
  const spec = nodeAt(object.node, POD_SPECS[object.kind] ?? []);
  return spec?.type === 'map' ? spec : undefined;
}

function imagesOf(spec: MapNode): string[] {
  return CONTAINERS.flatMap((key) => itemsOf(nodeAt(spec, [key])).map((item) => textAt(item, 'image') ?? ''));
}

function hasSecret(spec: MapNode, secret: string): boolean {
  return itemsOf(nodeAt(spec, ['imagePullSecrets'])).some((item) => textAt(item, 'name') === secret);
}

function itemsOf(node: YamlNode | undefined): readonly (YamlNode | undefined)[] {
  return node?.type === 'seq' ? node.items : [];
}
