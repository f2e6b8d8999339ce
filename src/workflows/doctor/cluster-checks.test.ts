import { describe, expect, it } from 'vitest';
import type { ClusterClient, KubeObject } from '../../cluster/index.ts';
import { clusterFacts } from '../../profiles/index.ts';
import { runChecks } from './check.ts';
import { CLUSTER_CHECKS, type ClusterBench } from './cluster-checks.ts';

const object = (kind: string, name: string, rest: object = {}, metadata: object = {}): KubeObject => ({
  apiVersion: 'v1',
  kind,
  metadata: { name, ...metadata },
  ...rest,
});
const node = (name: string, architecture: string, storage = '50Gi') =>
  object('Node', name, {
    status: {
      conditions: [{ type: 'Ready', status: 'True' }],
      nodeInfo: { operatingSystem: 'linux', architecture },
      allocatable: { 'ephemeral-storage': storage },
    },
  });
const deployment = (name: string, metadata: object) =>
  object(
    'Deployment',
    name,
    { spec: { template: { spec: { containers: [{ image: 'quay.io/x/op:7.121.0@sha256:…' }] } } } },
    { namespace: 'eclipse-che', ...metadata },
  );

/** A cluster as a list of objects; everything is allowed but for the verbs that are named, alone or with what they are for. */
function bench(
  objects: readonly KubeObject[],
  {
    minor = '34',
    forbidden = [] as readonly string[],
    ...rest
  }: Partial<ClusterBench> & { minor?: string; forbidden?: readonly string[] } = {},
): ClusterBench {
  const client = {
    server: 'https://cluster.test',
    version: () => Promise.resolve({ gitVersion: `v1.${minor}.0`, major: '1', minor }),
    list: ({ kind, fieldSelector }: { kind: string; fieldSelector?: string }) =>
      Promise.resolve(
        objects.filter(
          (one) =>
            one.kind === kind &&
            (fieldSelector === undefined || fieldSelector === `metadata.name=${one.metadata.name}`),
        ),
      ),
    kinds: {
      find: (apiVersion: string, kind: string) =>
        Promise.resolve(
          kind === 'Route'
            ? undefined
            : {
                apiVersion,
                kind,
                plural: `${kind.toLowerCase()}s`,
                namespaced: kind !== 'Namespace',
                verbs: [],
              },
        ),
    },
    create: (review: { spec: { resourceAttributes: { verb: string; resource: string } } }) => {
      const { verb, resource } = review.spec.resourceAttributes;
      const allowed = !forbidden.includes(verb) && !forbidden.includes(`${verb} ${resource}`);
      return Promise.resolve({ status: { allowed } });
    },
  } as unknown as ClusterClient;
  return {
    client,
    facts: clusterFacts(),
    platforms: [],
    imageBytes: 0,
    objects: [],
    pull: undefined,
    signal: undefined,
    ...rest,
  };
}

const found = async (name: string, one: ClusterBench) =>
  (await runChecks(CLUSTER_CHECKS, one)).find(({ check }) => check === name);

const WELL = [node('n1', 'amd64')];

describe('the examination of a cluster', () => {
  it.each<[string, string, ClusterBench, string, RegExp]>([
    ['a current server', 'server', bench(WELL), 'ok', /v1\.34\.0 at https/],
    ['an old server', 'server', bench(WELL, { minor: '20' }), 'failed', /Eclipse Che needs 1\.21/],
    ['a server of a cloud', 'server', bench(WELL, { minor: '34+' }), 'ok', /v1\.34/],
    ['every right', 'rights', bench(WELL), 'ok', /asked for/],
    [
      'a right that lacks',
      'rights',
      bench(WELL, { forbidden: ['patch'] }),
      'failed',
      /may not patch namespaces/,
    ],
    [
      'events that may not be listed',
      'rights',
      bench(WELL, { forbidden: ['list events'] }),
      'ok',
      /asked for/,
    ],
    [
      'what is not explained then',
      'rights to explain',
      bench(WELL, { forbidden: ['list events'] }),
      'warning',
      /may not list events in /,
    ],
    [
      'pods that may not be listed',
      'rights',
      bench(WELL, { forbidden: ['list pods'] }),
      'failed',
      /list pods/,
    ],
    ['no cert-manager', 'cert-manager', bench(WELL), 'warning', /not there/],
    [
      'cert-manager that is to come',
      'cert-manager',
      bench(WELL, { objects: [deployment('cert-manager', {})] }),
      'ok',
      /not there/,
    ],
    [
      'an operator kept by OLM',
      'what is there',
      bench([...WELL, deployment('che-operator', { labels: { 'olm.owner': 'x' } })]),
      'warning',
      /che-operator 7\.121\.0 in eclipse-che, kept by OLM/,
    ],
    [
      'one of our own',
      'what is there',
      bench([...WELL, deployment('che-operator', { managedFields: [{ manager: 'sallyport' }] })]),
      'ok',
      /kept by sallyport/,
    ],
    [
      'no default class',
      'storage',
      bench([...WELL, object('StorageClass', 'slow')]),
      'warning',
      /no default among slow/,
    ],
    ['no ingress', 'ingress', bench(WELL), 'warning', /no ingress class/],
    ['no node', 'nodes', bench([]), 'failed', /no node is ready/],
    [
      'a node that images lack',
      'nodes',
      bench([node('n1', 'arm64')], { platforms: [['linux/amd64'], ['linux/arm64/v8'], []] }),
      'failed',
      /1 images lack linux\/arm64/,
    ],
    [
      'no room',
      'room',
      bench([node('n1', 'amd64', '10Gi')], { imageBytes: 9e9 }),
      'warning',
      /27\.0 GB for all images, 10\.7 GB/,
    ],
    ['room', 'room', bench(WELL, { imageBytes: 9e9 }), 'ok', /27\.0 GB/],
  ])('tells %s', async (_, check, one, state, words) => {
    const finding = await found(check, one);
    expect(finding?.state).toBe(state);
    expect(finding?.found).toMatch(words);
  });

  it('does not try a pull where no node is ready, nor where there is no image', async () => {
    const pull = () => Promise.resolve({ node: 'n1', image: 'i' });
    expect((await found('pull', bench([], { pull })))?.state).toBe('skipped');
    expect(await found('pull', bench(WELL))).toBeUndefined();
    expect((await found('pull', bench(WELL, { pull })))?.found).toBe('n1 pulled i');
  });
});
