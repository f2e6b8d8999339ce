import { describe, expect, it } from 'vitest';
import type { Digest } from '../../oci/index.ts';
import type { KubeObject } from '../types.ts';
import { type AllowedImages, createJudge, type Verdict } from './judge.ts';
import { containersOf, type RunningContainer } from './running.ts';

const digest = (character: string): Digest => `sha256:${character.repeat(64)}` as Digest;
const INDEX = digest('a');
const AMD64 = digest('b');
const OTHER = digest('c');
const CONFIG = digest('d');

const ALLOWED: AllowedImages = {
  images: [
    {
      source: 'quay.io/x/app:1',
      repository: 'registry.corp.example/che/quay.io/x/app',
      tag: '1',
      digests: [INDEX, AMD64],
    },
  ],
  excluded: [{ reference: 'quay.io/x/left:1', reason: 'the nodes have it' }],
};
const APP = 'registry.corp.example/che/quay.io/x/app';

const container = (image: string, imageId?: string): RunningContainer => ({
  namespace: 'ns',
  pod: 'p',
  container: 'c',
  sort: 'container',
  image,
  ...(imageId === undefined ? {} : { imageId }),
});

describe('what runs', () => {
  it.each<[string, string, string | undefined, Verdict]>([
    ['by the locked digest', `${APP}:1@${INDEX}`, `${APP}@${INDEX}`, 'locked'],
    ['by a platform of it', `${APP}@${AMD64}`, `${APP}@${AMD64}`, 'locked'],
    ['reported as its platform', `${APP}:1@${INDEX}`, `${APP}@${AMD64}`, 'locked'],
    ['reported under another name', `${APP}:1@${INDEX}`, `mirror.example/other@${INDEX}`, 'locked'],
    ['reported by its configuration', `${APP}:1@${INDEX}`, CONFIG, 'locked'],
    ['by tag, the digest reported', `${APP}:1`, `${APP}@${INDEX}`, 'locked'],
    ['by tag, another digest reported', `${APP}:1`, `${APP}@${OTHER}`, 'wrong-digest'],
    ['by tag, only the configuration reported', `${APP}:1`, CONFIG, 'not-started'],
    ['by tag, not started', `${APP}:1`, undefined, 'not-started'],
    ['by digest, not started', `${APP}:1@${INDEX}`, undefined, 'not-started'],
    ['another digest', `${APP}:1@${OTHER}`, `${APP}@${OTHER}`, 'wrong-digest'],
    ['the locked digest, another one running', `${APP}@${INDEX}`, `${APP}@${OTHER}`, 'wrong-digest'],
    ['another tag', `${APP}:2`, `${APP}@${INDEX}`, 'not-in-lock'],
    ['another repository there', `registry.corp.example/che/y:1`, `y@${INDEX}`, 'not-in-lock'],
    ['the source itself', `quay.io/x/app:1@${INDEX}`, `quay.io/x/app@${INDEX}`, 'other-registry'],
    ['a short name', 'busybox', `docker.io/library/busybox@${INDEX}`, 'other-registry'],
    [
      'a host that only begins alike',
      `${APP.replace('example', 'example.evil')}:1@${INDEX}`,
      undefined,
      'other-registry',
    ],
    ['what was left out', 'quay.io/x/left:1', `quay.io/x/left@${OTHER}`, 'excluded'],
    ['no reference', 'Not A Reference', undefined, 'not-in-lock'],
  ])('%s', (_, image, imageId, verdict) => {
    const judged = createJudge(ALLOWED)(container(image, imageId));
    expect(judged.verdict).toBe(verdict);
    expect(judged.why === undefined).toBe(verdict === 'locked');
  });
});

describe('a volume that is an image', () => {
  it.each<[string, string, Verdict]>([
    ['by the locked digest', `${APP}:1@${INDEX}`, 'locked'],
    ['by another digest', `${APP}:1@${OTHER}`, 'wrong-digest'],
    ['by tag, which no status resolves', `${APP}:1`, 'not-started'],
    ['from another registry', `quay.io/x/app:1@${INDEX}`, 'other-registry'],
  ])('%s', (_, reference, verdict) => {
    const pod: KubeObject = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'p', namespace: 'ns' },
      spec: {
        containers: [],
        volumes: [
          { name: 'e', emptyDir: {} },
          { name: 'v', image: { reference } },
        ],
      },
    };
    const found = containersOf(pod).map(createJudge(ALLOWED));
    expect(found.map((one) => [one.sort, one.container, one.verdict])).toEqual([['volume', 'v', verdict]]);
  });
});

describe('the containers of a pod', () => {
  it('are those of every sort, and those that only the status knows', () => {
    const pod: KubeObject = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        name: 'p',
        namespace: 'ns',
        ownerReferences: [
          { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'r', uid: 'u', controller: true },
        ],
      },
      spec: {
        initContainers: [{ name: 'first', image: 'a' }],
        containers: [{ name: 'main', image: 'b' }],
        ephemeralContainers: [{ name: 'debugger', image: 'c' }],
      },
      status: {
        initContainerStatuses: [{ name: 'first', image: 'a', imageID: 'a@x' }],
        containerStatuses: [
          { name: 'main', image: 'b', imageID: '' },
          { name: 'ghost', image: 'd', imageID: 'd@y' },
        ],
      },
    };
    expect(
      containersOf(pod).map(({ sort, container: name, image, imageId, owner }) => [
        sort,
        name,
        image,
        imageId,
        owner,
      ]),
    ).toEqual([
      ['init', 'first', 'a', 'a@x', 'ReplicaSet/r'],
      ['container', 'main', 'b', undefined, 'ReplicaSet/r'],
      ['container', 'ghost', 'd', 'd@y', 'ReplicaSet/r'],
      ['ephemeral', 'debugger', 'c', undefined, 'ReplicaSet/r'],
    ]);
  });
});
