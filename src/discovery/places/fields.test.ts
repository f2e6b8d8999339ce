import { describe, expect, it } from 'vitest';
import { findings } from '../../../test/support/discovery.ts';

const object = (spec: string) =>
  `apiVersion: x.example.com/v1\nkind: Thing\nmetadata: {name: n}\nspec: ${spec}\n`;

describe('fields', () => {
  it.each([
    ['{image: "quay.io/a/b:1"}', 'field certain quay.io/a/b:1'],
    ['{sidecarImage: "quay.io/a/b:1"}', 'field certain quay.io/a/b:1'],
    ['{imageName: "ghcr.io/a/postgresql:16.2"}', 'field certain ghcr.io/a/postgresql:16.2'],
    ['{cephVersion: {image: "quay.io/ceph/ceph:v18"}}', 'field certain quay.io/ceph/ceph:v18'],
    ['{registrationImagePullSpec: "quay.io/a/b:1"}', 'field certain quay.io/a/b:1'],
    ['{volumes: [{containerDisk: {image: "quay.io/a/disk:1"}}]}', 'field certain quay.io/a/disk:1'],
    ['{image: pause}', 'field likely pause'],
    ['{image: {value: "quay.io/a/b:1"}}', 'field likely quay.io/a/b:1'],
    ['{image: {ref: "quay.io/a/b:1"}}', 'field likely quay.io/a/b:1'],
    ['{image: {options: ["quay.io/a/b:1"]}}', 'field likely quay.io/a/b:1'],
    ['{images: {gateway: "a/b:1"}}', 'field likely a/b:1'],
    ['{images: ["a/b:1"]}', 'field likely a/b:1'],
    ['{images: [busybox]}', 'field likely busybox'],
    ['{images: {csi: {attacher: "attacher:1"}}}', 'field likely attacher:1'],
    ['{images: {csi: {attacher: quay.io/a/b}}}', 'field likely quay.io/a/b'],
    ['{params: [{name: builder-image, default: "a/b:1"}]}', 'field likely a/b:1'],
    ['{params: [{name: builder-image, value: "a/b:1"}]}', 'field likely a/b:1'],
    ['{patches: [{path: /spec/containers/0/image, value: "a/b:1"}]}', 'field likely a/b:1'],
    ['{tags: [{from: {kind: DockerImage, name: "ruby:3"}}]}', 'field certain ruby:3'],
    ['{source: {registry: {url: "docker://a/b"}}}', 'field likely a/b'],
    ['{source: {registry: {url: "oci://quay.io/a/b:1"}}}', 'shape likely quay.io/a/b:1'],
    [
      '{provisioner: "registry.k8s.io/sig/provisioner:v1"}',
      'shape likely registry.k8s.io/sig/provisioner:v1',
    ],
    ['{plugin: "example/plugin:v1"}', 'shape possible example/plugin:v1'],
  ])('%s', (spec, finding) => {
    expect(findings(object(spec))).toEqual([finding]);
  });

  it.each([
    '{image: true}',
    '{image: latest}',
    '{image: 1.2.3}',
    '{image: /boot/vmlinuz}',
    '{image: "https://example.org/disk.img"}',
    '{imagePullPolicy: IfNotPresent}',
    '{imageTag: v1}',
    '{imageRegistry: quay.io/team}',
    '{imageVersion: "example/app:1"}',
    '{images: {registry: quay.io/team, tag: v1}}',
    '{image: {pullPolicy: Always}}',
    '{image: {ref: main}}',
    '{labelsFromPath: {os_image: [status, nodeInfo]}}',
    '{images: [{path: spec/template/image}]}',
    '{images: [{vars: {context: scripts/templates}, stages: [{tags: [release], inputs: [base_image]}]}]}',
    '{description: "uses quay.io/a/b:1"}',
    '{labels: {image: "quay.io/a/b:1"}}',
    '{podTemplate: "clickhouse:23.8"}',
    '{name: "quay.io/a/b:1"}',
    '{components: [{image: {imageName: "app:latest", dockerfile: {uri: Dockerfile}}}]}',
  ])('nothing in %s', (spec) => {
    expect(findings(object(spec), { minConfidence: 'likely' })).toEqual([]);
  });

  it('says that an annotation is only likely', () => {
    expect(
      findings('kind: Pod\nmetadata: {annotations: {example.com/proxy-image: "quay.io/a/b:1"}}\n'),
    ).toEqual(['field likely quay.io/a/b:1']);
  });

  it('leaves alone what a cluster reports to have run', () => {
    expect(
      findings(
        'kind: Pod\nstatus: {containerStatuses: [{image: "quay.io/a/b:1", imageID: "quay.io/a/b@x"}]}\n',
      ),
    ).toEqual([]);
    expect(findings('kind: Node\nstatus: {images: [{names: ["quay.io/a/b:1"]}]}\n')).toEqual([]);
  });

  it('takes a word alone in plain data for half a name', () => {
    expect(findings('operator: {image: operator}\n')).toEqual(['field possible operator']);
  });
});
