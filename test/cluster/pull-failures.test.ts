import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { explainNamespaces } from '../../src/cluster/index.ts';
import { openCluster } from '../../src/workflows/cluster.ts';
import { openProbe } from '../../src/workflows/probe.ts';
import { testContext } from '../support/workflow-context.ts';
import { type Cluster, startCluster } from './harness/cluster.ts';
import { OWN } from './harness/images.ts';
import { skipWithout } from './harness/needs.ts';
import { applyFailingPods, type FailingPod, provokePullFailures } from './harness/pull-failures.ts';
import { BUILD_TIME } from './harness/tools.ts';

interface Item {
  readonly metadata: { readonly name: string };
  readonly status?: object;
  readonly involvedObject?: { readonly name: string };
  readonly message?: string;
}

describe.skipIf(skipWithout('node'))('images that cannot be pulled or run', () => {
  let cluster: Cluster;
  let pods: readonly FailingPod[];
  let namespace: string;
  beforeAll(async () => {
    cluster = await startCluster();
    pods = await provokePullFailures(cluster);
    namespace = await applyFailingPods(cluster, pods);
  }, BUILD_TIME);
  afterAll(() => cluster?.stop());

  it('meet every cause for real: the kubelet says each in its own words', async () => {
    await expect.poll(silent, { timeout: 90_000, interval: 2000 }).toEqual([]);
  });

  it('are explained by their causes, each pod by its own', async () => {
    const client = await openCluster(testContext(cluster.folder), { kubeconfig: cluster.kubeconfig });
    // A registry that never answers is told by its silence alone, which takes minutes.
    const later = () => Date.now() + 180_000;
    const wrong = async () => {
      const { findings } = await explainNamespaces(client, { namespaces: [namespace], now: later() });
      return pods.flatMap(({ name, cause }) => {
        const told = findings.filter(({ place }) => place.object === `Pod ${namespace}/${name}`);
        return told.length === 1 && told[0]?.cause === cause
          ? []
          : [`${name}: ${told.map((one) => one.cause).join(', ')} instead of ${cause}`];
      });
    };
    try {
      await expect.poll(wrong, { timeout: 90_000, interval: 3000 }).toEqual([]);
    } finally {
      client.close();
    }
  });

  it('can be asked for at the registry with a pod’s own secret: the platform of an image without an index too', async () => {
    const { host, caFile } = cluster.registry;
    await cluster.kubectl.apply(cluster.pullSecret({ name: 'asked', namespace, host }));
    const context = testContext(cluster.folder);
    const client = await openCluster(context, { kubeconfig: cluster.kubeconfig });
    const probe = openProbe(context, client, { [host]: { caFile } });
    try {
      const ask = (name: string) =>
        probe.ask({ image: `${host}/apps/${name}`, secrets: [{ namespace, name: 'asked' }] });
      const other = [`linux/${OWN === 'amd64' ? 'arm64' : 'amd64'}`];
      expect(await ask('other-machine:single')).toEqual({ state: 'present', platforms: other });
      expect(await ask('other-machine:index')).toEqual({ state: 'present', platforms: other });
      expect(await ask('other-machine:lies')).toEqual({ state: 'present', platforms: [`linux/${OWN}`] });
      expect(await ask('demo:nope')).toEqual({ state: 'absent' });
    } finally {
      probe.close();
      client.close();
    }
  });

  /** The pods of which the kubelet has not said what it must. */
  async function silent(): Promise<string[]> {
    const list = async (kind: string) =>
      (await cluster.kubectl.get<{ items: readonly Item[] }>('-n', namespace, kind)).items;
    const [found, events] = [await list('pods'), await list('events')];
    return pods
      .filter(({ name, says }) => {
        const state = JSON.stringify(found.find(({ metadata }) => metadata.name === name)?.status);
        const messages = events.filter(({ involvedObject }) => involvedObject?.name === name);
        return !says.test([state, ...messages.map(({ message }) => message)].join('\n'));
      })
      .map(({ name }) => name);
  }
});
