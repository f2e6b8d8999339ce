import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CheckedFinding } from '../../../src/cluster/index.ts';
import type { Cluster } from './cluster.ts';
import { OWN } from './images.ts';
import { REGISTRY_NAME } from './namespaces.ts';

/** One way in which a pod's image cannot be pulled or run. */
export interface FailingPod {
  readonly name: string;
  readonly image: string;
  readonly secrets?: readonly string[];
  readonly policy?: 'Never';
  /** The image is that of an init container, before a main one that is right. */
  readonly init?: true;
  /** The pod is not started again. */
  readonly once?: true;
  /** What `explain` must call it. */
  readonly cause: CheckedFinding['cause'];
  /** What the kubelet must say of it: in the container's state, or in an event. */
  readonly says: RegExp;
}

const NAMESPACE = 'fail';
const OTHER = OWN === 'amd64' ? 'arm64' : 'amd64';

/** Sets up what goes wrong and tells the pods that meet it. */
export async function provokePullFailures(cluster: Cluster): Promise<readonly FailingPod[]> {
  const { registry } = cluster;
  await startFaults(cluster);
  const right = ['mirror-pull'];
  const host = registry.otherHost;
  const faulty = `${REGISTRY_NAME}:5444`;
  const demo = `${host}/apps/demo:1`;
  await registry.push('apps/demo:1', cluster.image({ seed: 'demo' }));
  for (const name of ['fblob404', 'fblobcut', 'fbadblob'])
    await registry.push(`apps/${name}:1`, cluster.image({ seed: name }));
  await registry.push('apps/other-machine:index', cluster.image({ seed: 'other', platforms: [OTHER] }));
  await registry.push(
    'apps/other-machine:single',
    cluster.image({ seed: 'single', platforms: [OTHER], single: true }),
  );
  await registry.push('apps/other-machine:lies', cluster.image({ seed: 'lies', lies: true }));
  await registry.push('apps/no-program:1', cluster.image({ seed: 'no', entrypoint: ['/no/such/program'] }));
  return [
    { name: 'no-secret', cause: 'no-credentials', image: demo, says: /no basic auth credentials/ },
    {
      name: 'wrong-password',
      cause: 'credentials-refused',
      image: demo,
      secrets: ['wrong-pull'],
      says: /401 Unauthorized/,
    },
    {
      name: 'secret-absent',
      cause: 'secret-missing',
      image: demo,
      secrets: ['not-there'],
      says: /image pull secrets \(not-there\)/,
    },
    {
      name: 'secret-other-host',
      cause: 'secret-other-host',
      image: demo,
      secrets: ['other-host'],
      says: /no basic auth credentials/,
    },
    {
      name: 'tag-missing',
      cause: 'image-missing',
      image: `${host}/apps/demo:nope`,
      secrets: right,
      says: /demo:nope: not found/,
    },
    {
      name: 'digest-missing',
      cause: 'image-missing',
      image: `${host}/apps/demo@sha256:${'0'.repeat(63)}1`,
      secrets: right,
      says: /0001: not found/,
    },
    {
      name: 'repo-missing',
      cause: 'image-missing',
      image: `${host}/apps/never-mirrored:1`,
      secrets: right,
      says: /:1: not found/,
    },
    {
      name: 'unknown-ca',
      cause: 'unknown-ca',
      image: `192.0.2.10:${registry.port}/apps/demo:1`,
      says: /unknown authority/,
    },
    {
      name: 'expired-cert',
      cause: 'certificate-expired',
      image: `${REGISTRY_NAME}:5445/apps/demo:1`,
      says: /has expired/,
    },
    {
      name: 'other-name-cert',
      cause: 'certificate-name',
      image: `${REGISTRY_NAME}:5446/apps/demo:1`,
      says: /is valid for old-registry/,
    },
    {
      name: 'plain-http',
      cause: 'plain-http',
      image: `${REGISTRY_NAME}:5447/apps/demo:1`,
      says: /HTTP response to HTTPS client/,
    },
    {
      name: 'refused',
      cause: 'connection-refused',
      image: `${REGISTRY_NAME}:5999/apps/demo:1`,
      says: /connection refused/,
    },
    {
      name: 'no-such-host',
      cause: 'host-unknown',
      image: 'nosuch.corp.test:5443/apps/demo:1',
      says: /no such host/,
    },
    {
      name: 'quay-offline',
      cause: 'host-unknown',
      image: 'quay.io/devfile/devworkspace-controller:v0.40.1',
      says: /lookup quay\.io.*no such host/,
    },
    {
      name: 'blackhole',
      cause: 'unreachable',
      image: '192.0.2.77:5443/apps/demo:1',
      says: /no route to host/,
    },
    {
      name: 'arch-index',
      cause: 'platform-missing',
      image: `${host}/apps/other-machine:index`,
      secrets: right,
      says: /no match for platform/,
    },
    {
      name: 'arch-manifest',
      cause: 'wrong-architecture',
      image: `${host}/apps/other-machine:single`,
      secrets: right,
      says: /restarting failed container|exec format error/,
    },
    {
      name: 'arch-exec-format',
      cause: 'wrong-architecture',
      image: `${host}/apps/other-machine:lies`,
      secrets: right,
      says: /restarting failed container|exec format error/,
    },
    {
      name: 'no-entrypoint',
      cause: 'command-missing',
      image: `${host}/apps/no-program:1`,
      secrets: right,
      says: /no such file or directory/,
    },
    {
      name: 'rate-limit',
      cause: 'rate-limited',
      image: `${faulty}/f429/apps/demo:1`,
      says: /429 Too Many Requests/,
    },
    { name: 'forbidden', cause: 'forbidden', image: `${faulty}/f403/apps/demo:1`, says: /403 Forbidden/ },
    {
      name: 'http-500',
      cause: 'server-error',
      image: `${faulty}/f500/apps/demo:1`,
      says: /500 Internal Server Error/,
    },
    { name: 'http-502', cause: 'server-error', image: `${faulty}/f502/apps/demo:1`, says: /502 Bad Gateway/ },
    {
      name: 'http-503',
      cause: 'server-error',
      image: `${faulty}/f503/apps/demo:1`,
      says: /503 Service Unavailable/,
    },
    {
      name: 'html-login',
      cause: 'not-a-registry',
      image: `${faulty}/fhtml/apps/demo:1`,
      says: /unexpected media type text\/html/,
    },
    {
      name: 'token-401',
      cause: 'no-credentials',
      image: `${faulty}/ftoken/apps/demo:1`,
      says: /failed to fetch anonymous token/,
    },
    {
      name: 'token-401-creds',
      cause: 'credentials-refused',
      image: `${faulty}/ftoken/apps/demo:1`,
      secrets: ['fault-pull'],
      says: /failed to fetch oauth token/,
    },
    {
      name: 'quay-401',
      cause: 'no-credentials',
      image: `${faulty}/fbare/apps/demo:1`,
      says: /401 Unauthorized/,
    },
    {
      name: 'blob-404',
      cause: 'content-missing',
      image: `${faulty}/fblob404/apps/fblob404:1`,
      says: /could not fetch content descriptor/,
    },
    {
      name: 'blob-cut',
      cause: 'content-damaged',
      image: `${faulty}/fblobcut/apps/fblobcut:1`,
      says: /failed size validation/,
    },
    {
      name: 'blob-corrupt',
      cause: 'content-damaged',
      image: `${faulty}/fbadblob/apps/fbadblob:1`,
      says: /unexpected commit digest/,
    },
    // Nothing is ever said of a registry that takes the connection and does not answer.
    {
      name: 'hang',
      cause: 'no-answer',
      image: `${faulty}/fhang/apps/demo:1`,
      says: /"reason":"ContainerCreating"/,
    },
    {
      name: 'hang-init',
      cause: 'no-answer',
      image: `${faulty}/fhang/apps/demo:2`,
      secrets: right,
      init: true,
      says: /"reason":"PodInitializing"/,
    },
    {
      name: 'arch-once',
      cause: 'wrong-architecture',
      image: `${host}/apps/other-machine:single`,
      secrets: right,
      once: true,
      says: /"phase":"Failed"/,
    },
    { name: 'invalid-name', cause: 'name-invalid', image: `${host}/Apps/demo:1`, says: /must be lowercase/ },
    {
      name: 'never-pull',
      cause: 'never-pull',
      image: `${host}/apps/absent:1`,
      policy: 'Never',
      says: /pull policy of Never/,
    },
  ];
}

/** Puts the pods, each alone, and the secrets that they name, right and wrong, into a namespace of their own. */
export async function applyFailingPods(cluster: Cluster, pods: readonly FailingPod[]): Promise<string> {
  const { kubectl, registry } = cluster;
  const host = registry.otherHost;
  const good = `${host}/apps/demo:1`;
  const secret = (name: string, more: { host: string; password?: string }) =>
    cluster.pullSecret({ name, namespace: NAMESPACE, ...more });
  await kubectl('create', 'namespace', NAMESPACE);
  await kubectl.apply(
    secret('mirror-pull', { host }),
    secret('wrong-pull', { host, password: 'nope' }),
    secret('other-host', { host: 'other.corp.test' }),
    secret('fault-pull', { host: `${REGISTRY_NAME}:5444` }),
  );
  await kubectl('-n', NAMESPACE, 'wait', 'serviceaccount/default', '--for=create', '--timeout=20s');
  await kubectl.apply(
    ...pods.map(({ name, image, secrets = [], policy = 'Always', init = false, once = false }) => ({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, namespace: NAMESPACE },
      spec: {
        terminationGracePeriodSeconds: 0,
        imagePullSecrets: secrets.map((one) => ({ name: one })),
        restartPolicy: once ? 'Never' : 'Always',
        ...(init ? { initContainers: [{ name: 'first', image, imagePullPolicy: policy }] } : {}),
        containers: [{ name: 'main', image: init ? good : image, imagePullPolicy: policy }],
      },
    })),
  );
  return NAMESPACE;
}

async function startFaults(cluster: Cluster): Promise<void> {
  const { registry } = cluster;
  const folder = join(cluster.folder, 'faults');
  mkdirSync(folder);
  const certificates = {
    good: registry.issue('good', [`DNS:${REGISTRY_NAME}`, 'IP:127.0.0.1']),
    expired: registry.issue('expired', [`DNS:${REGISTRY_NAME}`], -1),
    other: registry.issue('other', ['DNS:old-registry.corp.test']),
  };
  for (const [name, { key, cert }] of Object.entries(certificates)) {
    writeFileSync(join(folder, `${name}.key`), key, { mode: 0o600 });
    writeFileSync(join(folder, `${name}.crt`), cert);
  }
  writeFileSync(join(folder, 'ca.crt'), readFileSync(registry.caFile));
  for (const port of [5444, 5445, 5446, 5999]) cluster.trust(`${REGISTRY_NAME}:${port}`);
  cluster.startInside('faults', [folder, String(registry.port), `${registry.user}:${registry.password}`]);
}
