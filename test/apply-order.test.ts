import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { planOrder } from '../src/cluster/apply/order.ts';
import { readObjects } from '../src/cluster/manifests.ts';
import { clusterFacts } from '../src/profiles/index.ts';
import { NEWER, real, upstream } from './cluster/harness/platform.ts';

const DWOC = `
apiVersion: controller.devfile.io/v1alpha1
kind: DevWorkspaceOperatorConfig
metadata: {name: devworkspace-operator-config, namespace: devworkspace-controller}
config: {webhook: {replicas: 3}}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: devworkspace-webhook-server, namespace: devworkspace-controller}
`;

type Named = readonly [kind: string, name: string];

/** What the profile knows, held against the manifests as upstream ships them. */
describe(`the order of Che ${NEWER.version}`, () => {
  const operator = `eclipse-che/che-operator/${NEWER.version}/deploy/deployment/kubernetes`;
  const files = [
    `${operator}/org_v2_checluster.yaml`,
    `${operator}/combined.yaml`,
    `devfile/devworkspace-operator/${NEWER.dwo}/deploy/deployment/kubernetes/combined.yaml`,
    `cert-manager/cert-manager/releases/download/${NEWER.certManager}/cert-manager.yaml`,
  ].map((path) => ({ path, bytes: readFileSync(join(upstream, path)) }));
  // The worst order that a folder could have.
  const objects = readObjects([...files, { path: 'dwoc.yaml', bytes: Buffer.from(DWOC) }]).map(
    ({ object }) => object,
  );
  const steps = planOrder(objects, clusterFacts());
  const stepOf = (kind: string, name: string): number => {
    const index = steps.findIndex((step) =>
      step.objects.some((object) => object.kind === kind && object.metadata.name === name),
    );
    expect(index, `${kind} ${name}`).toBeGreaterThanOrEqual(0);
    return index;
  };

  it.each<readonly [string, Named, Named]>([
    [
      'cert-manager, then certificates',
      ['Deployment', 'cert-manager-webhook'],
      ['Certificate', 'devworkspace-controller-serving-cert'],
    ],
    [
      'certificates, then what mounts them',
      ['Certificate', 'devworkspace-controller-serving-cert'],
      ['Deployment', 'devworkspace-controller-manager'],
    ],
    [
      'kinds, then operators',
      ['CustomResourceDefinition', 'checlusters.org.eclipse.che'],
      ['Deployment', 'che-operator'],
    ],
    [
      'DWO, then the Che operator',
      ['Deployment', 'devworkspace-controller-manager'],
      ['Deployment', 'che-operator'],
    ],
    [
      'the global DWOC, then the controller that reads it at start',
      ['DevWorkspaceOperatorConfig', 'devworkspace-operator-config'],
      ['Deployment', 'devworkspace-controller-manager'],
    ],
    [
      'the kind, then the global DWOC',
      ['CustomResourceDefinition', 'devworkspaceoperatorconfigs.controller.devfile.io'],
      ['DevWorkspaceOperatorConfig', 'devworkspace-operator-config'],
    ],
    [
      'the account of the webhook server, then who would make it without a pull secret',
      ['ServiceAccount', 'devworkspace-webhook-server'],
      ['Deployment', 'devworkspace-controller-manager'],
    ],
    [
      'the Che operator, then its webhooks',
      ['Deployment', 'che-operator'],
      ['ValidatingWebhookConfiguration', 'org.eclipse.che'],
    ],
    [
      'its webhooks, then the CheCluster',
      ['ValidatingWebhookConfiguration', 'org.eclipse.che'],
      ['CheCluster', 'eclipse-che'],
    ],
  ])('%s', (_, first, second) => {
    expect(stepOf(...first)).toBeLessThan(stepOf(...second));
  });

  it.skipIf(!real)('has every object in a component that it knows', () => {
    const stray = steps.filter(
      ({ stage, group }) => stage === undefined && !['namespaces', 'crds', 'configuration'].includes(group),
    );
    expect(
      stray.flatMap((step) => step.objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`)),
    ).toEqual([]);
    expect(steps.flatMap((step) => step.objects)).toHaveLength(objects.length);
  });
});
