import { describe, expect, it } from 'vitest';
import { SallyportError } from '../base/index.ts';
import type { ClusterDiff } from '../workflows/index.ts';
import { clusterDiffText } from './cluster.ts';
import { shortValue } from './short-value.ts';
import { PLAIN } from './style.ts';
import { createWaitingNews, waitingTree } from './waiting.ts';

const name = (kind: string, text: string) => ({ apiVersion: 'v1', kind, name: text });

describe('the diff for people', () => {
  const diff: ClusterDiff = {
    objects: [
      { name: name('Namespace', 'a'), action: 'unchanged', differences: [], conflicts: [] },
      {
        name: name('Foo', 'b'),
        action: 'create',
        differences: [],
        conflicts: [],
        simulated: 'its kind comes',
      },
      {
        name: { ...name('Deployment', 'c'), namespace: 'n' },
        action: 'change',
        differences: [
          { path: 'spec.x', before: 1, about: 'other' },
          { path: 'spec.image', before: 'a:1', after: 'a:2', about: 'image' },
        ],
        conflicts: [{ manager: 'helm', field: '.spec.replicas' }],
      },
      {
        name: name('CustomResourceDefinition', 'd'),
        action: 'change',
        differences: Array.from({ length: 9 }, (_, index) => ({
          path: `p${index}`,
          after: index,
          about: 'schema' as const,
        })),
        conflicts: [],
      },
      {
        name: name('Pod', 'e'),
        action: 'refused',
        differences: [],
        conflicts: [],
        error: new SallyportError('ADMISSION_DENIED', 'no\u001b[31m'),
      },
    ],
    prune: { remove: [name('Secret', 'old')], keep: [{ name: name('Namespace', 'kept'), why: 'because' }] },
    restarts: [
      {
        object: { ...name('DevWorkspace', 'w'), namespace: 'alice' },
        because: { ...name('Deployment', 'c'), namespace: 'n' },
        reason: 'why',
      },
    ],
    problems: [],
  };

  it('shows what changes in the order in which it is reviewed, and sums up', () => {
    expect(
      clusterDiffText(diff, 'table', PLAIN, { verbose: false }),
    ).toBe(`+ Foo b  (simulated: its kind comes)
~ Deployment n/c
    images
      spec.image: a:1 → a:2
    fields
      spec.x: - 1
    conflict .spec.replicas is held by helm
~ CustomResourceDefinition d
    definition
      p0: + 0
      p1: + 1
      p2: + 2
      and 6 more places (--verbose shows them)
! Pod e
    ADMISSION_DENIED no·[31m
- Secret old  no longer in the manifests; --prune deletes it
  Namespace kept  no longer in the manifests; --prune leaves it: because
! DevWorkspace alice/w  runs and would be restarted by the new Deployment n/c

1 to create, 2 to change, 1 unchanged, 1 refused, 1 to prune, 1 with conflicts
`);
  });

  it('gives programs everything', () => {
    const data = JSON.parse(clusterDiffText(diff, 'json', PLAIN, { verbose: false })) as {
      objects: { differences: unknown[]; error?: { code: string } }[];
    };
    expect(data.objects[3]?.differences).toHaveLength(9);
    expect(data.objects[4]?.error?.code).toBe('ADMISSION_DENIED');
    expect(clusterDiffText(diff, 'name', PLAIN, { verbose: false })).toBe(
      'Foo b\nDeployment n/c\nCustomResourceDefinition d\nPod e\n',
    );
  });

  it('shortens values', () => {
    expect(shortValue('a/b:1')).toBe('a/b:1');
    expect(shortValue('a b')).toBe('"a b"');
    expect(shortValue({ name: 'x', a: 'y'.repeat(200) })).toBe('{2 fields, name x}');
    expect(shortValue(Array.from({ length: 80 }, () => 'ab'))).toBe('[80 items]');
  });
});

describe('waiting', () => {
  const event = (state: 'ready' | 'waiting', message: string, explanation?: string) => ({
    type: 'waiting' as const,
    step: 'wait for x',
    ready: state === 'ready' ? 2 : 1,
    total: 2,
    objects: [
      { name: 'Job done', state: 'ready' as const, message: '' },
      { name: 'Deployment n/c', state, message, ...(explanation === undefined ? {} : { explanation }) },
    ],
  });

  it('is a tree of what waits, and nothing when nothing does', () => {
    const style = { color: false, width: 60 };
    expect(waitingTree(event('waiting', '0 of 1 replicas', 'line one\nline two'), style)).toBe(
      'wait for x  1 of 2 ready\n  … Deployment n/c  0 of 1 replicas\n      line one\n      line two\n  ✓ 1 ready\n',
    );
    expect(waitingTree(event('ready', ''), style)).toBe('');
  });

  it('is never higher or wider than the terminal, and shows first what is known to be wrong', () => {
    const style = { color: false, width: 40, height: 12 };
    const tree = waitingTree(
      {
        type: 'waiting',
        step: 'wait for a component with a name that is longer than the terminal is wide',
        ready: 3,
        total: 33,
        objects: Array.from({ length: 30 }, (_, index) => ({
          name: `Deployment namespace/of-some-length-${index}`,
          state: index === 29 ? ('failed' as const) : ('waiting' as const),
          message: 'a message\nof two lines',
          ...(index > 20 ? { explanation: 'what\nwhere\nwhy\nfix\nmore' } : {}),
        })),
      },
      style,
    );
    const lines = tree.split('\n');
    expect(lines.length).toBeLessThanOrEqual(style.height);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(style.width);
    expect(lines[1]).toMatch(/✗ Deployment/);
    expect(lines.some((line) => /and \d+ more/.test(line))).toBe(true);
  });

  it('tells each thing once where nothing can be redrawn', () => {
    const news = createWaitingNews();
    const waiting = event('waiting', '0 of 1 replicas');
    expect(news(waiting)).toEqual(['wait for x (1/2)  Deployment n/c: 0 of 1 replicas']);
    expect(news(waiting)).toEqual([]);
    expect(news(event('ready', ''))).toEqual(['wait for x (2/2)  Deployment n/c: ready']);
  });
});
