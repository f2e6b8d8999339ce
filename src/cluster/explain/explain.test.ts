import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../types.ts';
import type { Cause, Finding } from './causes.ts';
import type { Incident } from './circumstances.ts';
import { explainCreation } from './creation.ts';
import { explainPod } from './pod.ts';
import { checkFinding, type RegistryAnswer } from './probe.ts';

const warning = (reason: string, message: string): Incident => ({ type: 'Warning', reason, message });

function pod(status: object, spec: object = {}): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p', namespace: 'ns' },
    spec: { nodeName: 'n1', containers: [{ name: 'c', image: 'registry.corp.test/a:1' }], ...spec },
    status,
  };
}

describe('a pod on no node', () => {
  const unscheduled = (message: string) =>
    pod(
      { conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message }] },
      { nodeName: undefined },
    );
  it.each<[string, Cause]>([
    ['0/1 nodes are available: 1 Insufficient memory. preemption: …', 'no-room'],
    ['0/1 nodes are available: 1 Too many pods.', 'no-room'],
    ["0/3 nodes are available: 3 node(s) didn't match Pod's node affinity/selector.", 'no-matching-node'],
    ['0/1 nodes are available: 1 node(s) had untolerated taint {a: b}.', 'no-matching-node'],
    ['0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims.', 'volume-unbound'],
    ['0/1 nodes are available: persistentvolumeclaim "claim-devworkspace" not found.', 'volume-unbound'],
    ['something new', 'unschedulable'],
  ])('%s', (message, cause) => {
    expect(explainPod(unscheduled(message), { incidents: [] }).map((found) => found.cause)).toEqual([cause]);
  });

  it('is told by its event where the condition is not there yet', () => {
    const waiting = pod({}, { nodeName: undefined });
    const incidents = [warning('FailedScheduling', '0/1 nodes are available: 1 Insufficient cpu.')];
    expect(explainPod(waiting, { incidents })[0]?.cause).toBe('no-room');
    expect(explainPod(waiting, { incidents: [] })).toEqual([]);
  });
});

describe('a container that does not start', () => {
  const waiting = (reason: string, message: string, lastState: object = {}) =>
    pod({ containerStatuses: [{ name: 'c', state: { waiting: { reason, message } }, lastState }] });
  it.each<[string, KubeObject, Cause]>([
    [
      'memory',
      waiting('CrashLoopBackOff', 'back-off', { terminated: { reason: 'OOMKilled', exitCode: 137 } }),
      'out-of-memory',
    ],
    [
      'its own failure',
      waiting('CrashLoopBackOff', 'back-off', { terminated: { reason: 'Error', exitCode: 2 } }),
      'crash-loop',
    ],
    [
      'a missing ConfigMap',
      waiting('CreateContainerConfigError', 'configmap "che" not found'),
      'configuration-missing',
    ],
    ['anything else', waiting('CreateContainerError', 'context deadline exceeded'), 'start-failed'],
    ['nothing wrong', waiting('ContainerCreating', ''), 'none' as Cause],
  ])('%s', (_, object, cause) => {
    const causes = explainPod(object, { incidents: [] }).map((found) => found.cause);
    expect(causes).toEqual(cause === ('none' as Cause) ? [] : [cause]);
  });

  it('takes the last line of the log for evidence', () => {
    const crashed = waiting('CrashLoopBackOff', 'back-off', {
      terminated: { reason: 'Error', exitCode: 2 },
    });
    expect(explainPod(crashed, { incidents: [], logs: { c: 'one\npanic: two\n' } })[0]?.evidence).toBe(
      'exit code 2; panic: two',
    );
  });
});

describe('a registry that does not answer', () => {
  const NOW = Date.parse('2026-01-01T00:10:00Z');
  const on = (time: string) => ({ type: 'PodScheduled', status: 'True', lastTransitionTime: time });
  const early = on('2026-01-01T00:00:00Z');
  const initializing = (name: string) => ({ name, state: { waiting: { reason: 'PodInitializing' } } });
  const ended = (finishedAt: string) => ({
    name: 'i',
    state: { terminated: { reason: 'Completed', exitCode: 0, finishedAt } },
  });
  const spec = { initContainers: [{ name: 'i', image: 'registry.corp.test/init:1' }] };
  const sidecar = { initContainers: [{ ...spec.initContainers[0], restartPolicy: 'Always' }] };
  const running = { name: 'i', state: { running: { startedAt: '2026-01-01T00:00:10Z' } } };
  const main = initializing('c');
  const creating = { name: 'c', state: { waiting: { reason: 'ContainerCreating' } } };
  it.each<[string, object, object, string[]]>([
    ['keeps an init container', { init: [initializing('i')], all: [main], at: early }, spec, ['i']],
    ['after init containers', { init: [ended('2026-01-01T00:01:00Z')], all: [main], at: early }, spec, ['c']],
    ['beside a sidecar', { init: [running], all: [main], at: early }, sidecar, ['c']],
    ['is not told while an init container works', { init: [running], all: [main], at: early }, spec, []],
    [
      'is not told right after an init container',
      { init: [ended('2026-01-01T00:09:50Z')], all: [main], at: early },
      spec,
      [],
    ],
    ['keeps a lone container', { init: [], all: [creating], at: early }, {}, ['c']],
    [
      'is not told of a pod that got its node just now',
      { init: [], all: [creating], at: on('2026-01-01T00:09:58Z') },
      {},
      [],
    ],
  ])('%s', (_, { init, all, at }: { init?: object; all?: object; at?: object }, more, expected) => {
    const status = {
      phase: 'Pending',
      conditions: [at],
      initContainerStatuses: init,
      containerStatuses: all,
    };
    const silent = pod(status, more);
    const old = { ...silent, metadata: { ...silent.metadata, creationTimestamp: '2026-01-01T00:00:00Z' } };
    const found = explainPod(old, { incidents: [], now: NOW });
    expect(found.map(({ cause, place }) => [cause, place.container])).toEqual(
      expected.map((name) => ['no-answer', name]),
    );
  });
});

describe('a pod that ended for good', () => {
  it.each<[string, object, string, Cause | undefined]>([
    ['well', { reason: 'Completed', exitCode: 0 }, '', undefined],
    ['by its own failure', { reason: 'Error', exitCode: 3 }, 'no', 'failed'],
    [
      'by the processor',
      { reason: 'Error', exitCode: 1 },
      'exec /x: exec format error',
      'wrong-architecture',
    ],
    ['by memory', { reason: 'OOMKilled', exitCode: 137 }, '', 'out-of-memory'],
    [
      'by its command',
      { reason: 'StartError', exitCode: 128, message: 'exec: "/x": stat /x: no such file or directory' },
      '',
      'command-missing',
    ],
  ])('%s', (_, terminated, log, cause) => {
    const gone = pod({ phase: 'Failed', containerStatuses: [{ name: 'c', state: { terminated } }] });
    const found = explainPod(gone, { incidents: [], logs: { c: log } });
    expect(found.map((one) => one.cause)).toEqual(cause === undefined ? [] : [cause]);
  });
});

describe('the keys of a pull secret', () => {
  const refused =
    'unexpected status from HEAD request to https://registry.corp.test/v2/a/manifests/1: 401 Unauthorized';
  it.each<[string, Cause]>([
    ['registry.corp.test', 'credentials-refused'],
    ['https://registry.corp.test/v2/', 'credentials-refused'],
    ['*.corp.test', 'credentials-refused'],
    ['reg*.corp.test', 'credentials-refused'],
    ['*.test', 'secret-other-host'],
    ['registry.corp.test:5443', 'secret-other-host'],
    ['*.corp.test:5443', 'secret-other-host'],
    ['registry-corp.test', 'secret-other-host'],
    ['registry.corp.test/a', 'credentials-refused'],
    ['registry.corp.test/b', 'secret-other-host'],
  ])('%s', (key, cause) => {
    const waiting = pod(
      {
        containerStatuses: [{ name: 'c', state: { waiting: { reason: 'ErrImagePull', message: refused } } }],
      },
      { imagePullSecrets: [{ name: 's' }] },
    );
    expect(explainPod(waiting, { incidents: [], secrets: { s: [key] } })[0]?.cause).toBe(cause);
  });
});

describe('volumes', () => {
  it.each<[string, Cause]>([
    [
      'MountVolume.SetUp failed for volume "webhook-tls-certs" : secret "che-operator-service-cert" not found',
      'volume-missing',
    ],
    ['Unable to attach or mount volumes: timed out waiting for the condition', 'volume-failed'],
  ])('%s', (message, cause) => {
    const creating = pod({
      containerStatuses: [{ name: 'c', state: { waiting: { reason: 'ContainerCreating' } } }],
    });
    expect(explainPod(creating, { incidents: [warning('FailedMount', message)] })[0]?.cause).toBe(cause);
  });
});

describe('a pod that cannot be made', () => {
  it.each<[string, Cause]>([
    [
      'Error creating: pods "x" is forbidden: exceeded quota: small, requested: pods=1, used: pods=0, limited: pods=0',
      'quota',
    ],
    ['Error creating: pods "x" is forbidden: failed quota: q: must specify limits.memory', 'quota'],
    [
      'Error creating: pods "x" is forbidden: maximum memory usage per Container is 1Gi, but limit is 5Gi',
      'limit-range',
    ],
    [
      'Error creating: pods "x" is forbidden: violates PodSecurity "restricted:latest": allowPrivilegeEscalation != false',
      'pod-security',
    ],
    [
      "Error creating: pods \"x\" is forbidden: ValidatingAdmissionPolicy 'only-mirror' with binding 'only-mirror' denied request: image not from the mirror: quay.io/x/y:1",
      'policy-denied',
    ],
    [
      'Error creating: Internal error occurred: failed calling webhook "mutate.devworkspace-controller.svc": failed to call webhook: Post "https://devworkspace-webhookserver.devworkspace-controller.svc:443/mutate": no endpoints available for service "devworkspace-webhookserver"',
      'webhook-down',
    ],
    ['Error creating: admission webhook "check.example" denied the request: no', 'webhook-denied'],
    [
      'Error creating: pods "x-" is forbidden: error looking up service account ns/che: serviceaccount "che" not found',
      'account-missing',
    ],
    ['Error creating: pods is forbidden: User "system:x" cannot create resource "pods"', 'not-allowed'],
    ['Error creating: something new', 'create-failed'],
  ])('%s', (message, cause) => {
    const found = explainCreation('ReplicaSet ns/x', 'ns', [warning('FailedCreate', message)]);
    expect(found?.cause).toBe(cause);
    if (cause === 'account-missing') expect(found?.place.serviceAccount).toBe('che');
  });

  it('is not told without an event', () => {
    expect(explainCreation('ReplicaSet ns/x', 'ns', [])).toBeUndefined();
  });
});

describe('asked of the registry', () => {
  const finding = (cause: Cause, doubt?: string): Finding => ({
    cause,
    place: { namespace: 'ns', object: 'Pod ns/p', image: 'registry.corp.test/a:1', secrets: ['s'] },
    evidence: 'words',
    ...(doubt === undefined ? {} : { doubt }),
  });
  it.each<[string, Finding, RegistryAnswer, Cause, RegExp]>([
    [
      'an unknown authority of an image that is not there',
      finding('unknown-ca', 'perhaps'),
      { state: 'absent' },
      'image-missing',
      /not there/,
    ],
    [
      'an unknown authority of one that is',
      finding('unknown-ca', 'perhaps'),
      { state: 'present' },
      'unknown-ca',
      /on the node/,
    ],
    [
      'a platform that is not there',
      finding('pull-failed'),
      { state: 'present', platforms: ['linux/arm64/v8'] },
      'platform-missing',
      /the node is linux\/amd64/,
    ],
    [
      'an image for another processor',
      finding('wrong-architecture'),
      { state: 'present', platforms: ['linux/arm64'] },
      'wrong-architecture',
      /it for linux\/arm64, the node is linux\/amd64/,
    ],
    [
      'an image that is not what it says',
      finding('wrong-architecture'),
      { state: 'present', platforms: ['linux/amd64'] },
      'wrong-architecture',
      /not what it says/,
    ],
    [
      'a platform that is',
      finding('pull-failed'),
      { state: 'present', platforms: ['linux/amd64'] },
      'pull-failed',
      /on the node/,
    ],
    [
      'credentials that are refused here too',
      finding('credentials-refused'),
      { state: 'unauthorized' },
      'credentials-refused',
      /refuses too/,
    ],
    [
      'a registry that cannot be reached',
      finding('image-missing'),
      { state: 'unknown', message: 'no route' },
      'image-missing',
      /could not be asked.*no route/,
    ],
    [
      'a name that is no registry of ours',
      finding('host-unknown'),
      { state: 'absent' },
      'host-unknown',
      /not there/,
    ],
  ])('%s', async (_, before, answer, cause, words) => {
    const checked = await checkFinding(before, () => Promise.resolve(answer), { platform: 'linux/amd64' });
    expect(checked.cause).toBe(cause);
    expect(checked.checked).toMatch(words);
  });

  it('is not asked what it cannot know', async () => {
    const asked = await checkFinding(finding('out-of-memory'), () => {
      throw new Error('asked');
    });
    expect(asked).toEqual(finding('out-of-memory'));
  });
});
