import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { SallyportError, systemClock } from '../../base/index.ts';
import type { KubeObject } from '../types.ts';
import { jsonLines, type WatchSource, watchForever } from './watch.ts';

const pod = (name: string, resourceVersion: string): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, resourceVersion },
});
const line = (type: string, object: object) => `${JSON.stringify({ type, object })}\n`;
const clock = { ...systemClock, sleep: () => Promise.resolve() };

/** A server whose lists and watch bodies are given in order. */
function source(lists: KubeObject[][], bodies: (string | SallyportError)[]) {
  const places: string[] = [];
  const made: WatchSource = {
    list: () => Promise.resolve({ items: lists.shift() ?? [], resourceVersion: `list-${lists.length}` }),
    open: (place) => {
      places.push(place);
      const body = bodies.shift();
      if (body === undefined) throw new SallyportError('INTERNAL', 'end of the test');
      if (body instanceof SallyportError) throw body;
      return Promise.resolve(Readable.from([Buffer.from(body)]));
    },
    failure: ({ message }) => new SallyportError('CLUSTER_REFUSED', message),
  };
  return { made, places };
}

async function collect(made: WatchSource): Promise<string[]> {
  const seen: string[] = [];
  try {
    for await (const { type, object } of watchForever(made, clock))
      seen.push(`${type} ${object.metadata.name}`);
  } catch (error) {
    seen.push((error as Error).message);
  }
  return seen;
}

describe('watch', () => {
  it('begins with what is there, then follows, and resumes where it was', async () => {
    const { made, places } = source(
      [[pod('a', '1')]],
      [line('MODIFIED', pod('a', '5')) + line('BOOKMARK', pod('', '9')), line('ADDED', pod('b', '10'))],
    );
    expect(await collect(made)).toEqual(['ADDED a', 'MODIFIED a', 'ADDED b', 'end of the test']);
    expect(places).toEqual(['list-0', '9', '10']);
  });

  it('lists again after 410 and tells what went away meanwhile', async () => {
    const gone = line('ERROR', { kind: 'Status', code: 410, message: 'too old' });
    const { made } = source(
      [
        [pod('a', '1'), pod('b', '1')],
        [pod('b', '1'), pod('c', '3')],
      ],
      [gone],
    );
    expect(await collect(made)).toEqual(['ADDED a', 'ADDED b', 'DELETED a', 'ADDED c', 'end of the test']);
  });

  it('goes on after a cut connection, and ends with other failures', async () => {
    const cut = new SallyportError('CONNECTION_FAILED', 'cut', { facts: { transient: true } });
    const { made } = source(
      [[]],
      [cut, line('ADDED', pod('a', '2')), line('ERROR', { kind: 'Status', code: 500, message: 'broken' })],
    );
    expect(await collect(made)).toEqual(['ADDED a', 'broken']);
  });

  it('reads lines however the bytes are cut', async () => {
    const bytes = Buffer.from(line('ADDED', pod('é', '1')) + line('DELETED', pod('b', '2')));
    for (let size = 1; size < 20; size++) {
      const chunks = [];
      for (let at = 0; at < bytes.length; at += size) chunks.push(bytes.subarray(at, at + size));
      const types = [];
      for await (const { type } of jsonLines(Readable.from(chunks))) types.push(type);
      expect(types).toEqual(['ADDED', 'DELETED']);
    }
  });
});
