import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Cluster, startCluster } from './harness/cluster.ts';
import { skipWithout } from './harness/needs.ts';
import { BUILD_TIME } from './harness/tools.ts';

describe.skipIf(skipWithout('node'))('a node that pulls from a private registry', () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await startCluster();
    await cluster.kubectl('create', 'namespace', 'demo');
    await cluster.kubectl.apply(cluster.pullSecret({ name: 'mirror-pull', namespace: 'demo' }));
  }, BUILD_TIME);
  afterAll(() => cluster?.stop());

  const pod = (name: string, image: string, secrets: readonly string[]) => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'demo', labels: { app: name } },
    spec: {
      imagePullSecrets: secrets.map((secret) => ({ name: secret })),
      terminationGracePeriodSeconds: 0,
      containers: [
        {
          name: 'main',
          image,
          ports: [{ containerPort: 8080 }],
          readinessProbe: { httpGet: { path: '/', port: 8080 }, periodSeconds: 1 },
        },
      ],
    },
  });

  it('runs a pod with the pull secret, at the pinned digest', async () => {
    const image = await cluster.push('apps/demo:1');
    await cluster.kubectl.apply(pod('with-secret', image, ['mirror-pull']));
    await cluster.kubectl('-n', 'demo', 'wait', 'pod/with-secret', '--for=condition=Ready', '--timeout=60s');
    const { status } = await cluster.kubectl.get<{ status: { containerStatuses: { imageID: string }[] } }>(
      '-n',
      'demo',
      'pod/with-secret',
    );
    expect(status.containerStatuses[0]?.imageID).toContain(image.slice(image.indexOf('@')));
  });

  it('runs none without it, and the kubelet says why', async () => {
    // Its own name: an image that is on the node already starts without any secret.
    await cluster.kubectl.apply(pod('no-secret', await cluster.push('apps/other:1'), []));
    await expect
      .poll(
        async () => cluster.kubectl('-n', 'demo', 'get', 'events', '-o', 'jsonpath={.items[*].message}'),
        { timeout: 60_000 },
      )
      .toContain('no basic auth credentials');
  });

  it('answers through a Service', async () => {
    await cluster.kubectl('-n', 'demo', 'expose', 'pod', 'with-secret', '--port=80', '--target-port=8080');
    const path = '/api/v1/namespaces/demo/services/with-secret:80/proxy/';
    await expect
      .poll(async () => (await cluster.kubectl.run(['get', '--raw', path])).stdout, { timeout: 20_000 })
      .toMatch(/^ok with-secret /);
  });
});
