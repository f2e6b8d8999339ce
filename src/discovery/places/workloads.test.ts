import { describe, expect, it } from 'vitest';
import { findings, look } from '../../../test/support/discovery.ts';

const KINDS: readonly (readonly [kind: string, spec: (pod: string) => string])[] = [
  ['Pod', (pod) => pod],
  ['ReplicationController', (pod) => `{template: {spec: ${pod}}}`],
  ['Deployment', (pod) => `{template: {spec: ${pod}}}`],
  ['ReplicaSet', (pod) => `{template: {spec: ${pod}}}`],
  ['StatefulSet', (pod) => `{template: {spec: ${pod}}}`],
  ['DaemonSet', (pod) => `{template: {spec: ${pod}}}`],
  ['Job', (pod) => `{template: {spec: ${pod}}}`],
  ['CronJob', (pod) => `{jobTemplate: {spec: {template: {spec: ${pod}}}}}`],
  ['PodTemplate', (pod) => `{unused: true}\ntemplate: {spec: ${pod}}`],
  ['Rollout', (pod) => `{workload: {deep: [{podTemplate: {spec: ${pod}}}]}}`],
];
const POD =
  '{containers: [{image: a}], initContainers: [{image: "b:1"}], ephemeralContainers: [{image: c/d}], volumes: [{image: {reference: e/f}}]}';

describe('workloads', () => {
  it.each(KINDS)(
    '%s: containers of every sort and image volumes, also names without a host',
    (kind, spec) => {
      const text = `apiVersion: x/v1\nkind: ${kind}\nmetadata: {name: n}\nspec: ${spec(POD)}\n`;
      expect(findings(text)).toEqual([
        'field certain a',
        'field certain b:1',
        'field certain c/d',
        'field certain e/f',
      ]);
    },
  );

  it('names the object and the way to the place', () => {
    const [use] = look(
      'apiVersion: batch/v1\nkind: Job\nmetadata: {name: once, namespace: team}\nspec:\n  template:\n    spec:\n      containers:\n        - image: "quay.io/a/b:1"\n',
    ).uses;
    expect(use).toMatchObject({
      file: 'x.yaml',
      document: 0,
      kind: 'Job',
      name: 'once',
      namespace: 'team',
      path: 'spec.template.spec.containers[0].image',
      line: 8,
      column: 19,
    });
  });

  it.each([
    ['Tekton', 'spec: {stepTemplate: {image: a/b}, steps: [{image: a/c}], sidecars: [{image: a/d}]}'],
    [
      'Argo Workflows',
      'spec: {templates: [{container: {image: a/b}}, {script: {image: "a/c:1"}}, {sidecars: [{image: a/d}]}]}',
    ],
    [
      'a devfile',
      'components: [{container: {image: a/b}}, {container: {image: a/c}}, {container: {image: a/d}}]',
    ],
    ['KServe', 'spec: {containers: [{image: a/b}, {image: a/c}], workerSpec: {containers: [{image: a/d}]}}'],
  ])('%s copies the shape of a pod', (_, spec) => {
    expect(look(`kind: K\n${spec}\n`).uses.map(({ reference }) => reference.slice(0, 3))).toEqual([
      'a/b',
      'a/c',
      'a/d',
    ]);
  });

  it.each([
    ['<placeholder>', 'invalid-reference'],
    ['REPLACE_ME', 'invalid-reference'],
    ['quay.io/a/b@', 'invalid-reference'],
    ['ko://example.com/cmd', 'invalid-reference'],
    ['"{{ .Values.image }}"', 'helm-template'],
    ['$(IMAGE)', 'kubernetes-expansion'],
    ['"${IMAGE:-quay.io/a/b:1}"', 'shell-template'],
    ['quay.io/a/b:$TAG', 'shell-template'],
  ])('says that %s cannot be known', (image, why) => {
    const found = look(`kind: Pod\nspec:\n  containers:\n    - image: ${image}\n`);
    expect(found.uses).toEqual([]);
    expect(found.unresolved.map((one) => [one.text, one.why])).toEqual([[image.replaceAll('"', ''), why]]);
  });

  it.each(['""', '~', 'null', ''])('takes %s for nothing', (image) => {
    expect(look(`kind: Pod\nspec:\n  containers:\n    - name: a\n      image: ${image}\n`)).toEqual({
      uses: [],
      unresolved: [],
      egress: [],
    });
  });
});
