import { describe, expect, it } from 'vitest';
import { type ClusterFacts, NO_CLUSTER_FACTS } from '../../facts/index.ts';
import type { Digest } from '../../oci/index.ts';
import type { Judged } from './judge.ts';
import { missingParts } from './missing.ts';

const fact = { reason: '', source: '' };
const KNOWLEDGE: ClusterFacts = {
  ...NO_CLUSTER_FACTS,
  audit: {
    ...NO_CLUSTER_FACTS.audit,
    namespaces: [
      { name: 'controller', runs: 'quay.io/x/controller', ...fact },
      { name: 'platform', runs: 'quay.io/x/operator', ...fact },
    ],
  },
};
const allowed = (...sources: string[]) => ({
  images: sources.map((source) => ({
    source,
    repository: `registry.corp.example/${source}`,
    tag: '1',
    digests: ['sha256:a' as Digest],
  })),
  excluded: [],
});
const running = (namespace: string, image: string, source?: string): Judged => ({
  namespace,
  pod: 'p',
  container: 'c',
  sort: 'container',
  image,
  verdict: 'locked',
  ...(source === undefined ? {} : { source }),
});

describe('a part of the platform that the lock has', () => {
  const lock = allowed('quay.io/x/controller:1', 'quay.io/x/operator:1');
  const operator = running('platform', 'registry.corp.example/op@sha256:a', 'quay.io/x/operator:1');
  it.each<[string, Parameters<typeof missingParts>[0], Judged[], string[], RegExp[]]>([
    [
      'is missed without its namespace',
      lock,
      [operator],
      ['platform'],
      [/^does not exist.*quay\.io\/x\/controller.*-n NAME$/],
    ],
    [
      'is missed where its namespace has other pods only',
      lock,
      [operator, running('controller', 'quay.io/y/z:1')],
      ['controller', 'platform'],
      [/^no pod in it runs quay\.io\/x\/controller/],
    ],
    [
      'is found in another namespace',
      lock,
      [operator, running('operators', 'r/c@sha256:a', 'quay.io/x/controller:1')],
      ['operators', 'platform'],
      [],
    ],
    [
      'is found when it still comes from its source',
      lock,
      [operator, running('controller', 'quay.io/x/controller:1')],
      ['controller'],
      [],
    ],
    [
      'is not asked for when the lock has none of it',
      allowed('quay.io/x/operator:1'),
      [operator],
      ['platform'],
      [],
    ],
  ])('%s', (_, images, containers, looked, messages) => {
    const found = missingParts(images, containers, looked, KNOWLEDGE);
    expect(found.map(({ message }) => message)).toEqual(messages.map((text) => expect.stringMatching(text)));
    expect(found.every(({ ready }) => !ready)).toBe(true);
  });
});
