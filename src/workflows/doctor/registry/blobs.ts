import { Readable } from 'node:stream';
import { timeLimit } from '../../../base/index.ts';
import type { Check, Outcome } from '../check.ts';
import type { Scratch } from '../scratch.ts';
import { asking, callOf } from './asking.ts';

export const range: Check<Scratch> = {
  name: 'range',
  needed: false,
  after: ['push'],
  well: 'a download that breaks off continues at the byte',
  unwell: 'a download that breaks off begins anew, which costs most with large layers',
  next: 'Allow the Range header in what stands before the registry.',
  run: async (scratch) => {
    const response = await scratch.session.send({
      ...asking(scratch.signal),
      method: 'GET',
      url: `/v2/${scratch.names[0]}/blobs/${scratch.blob.digest}`,
      scopes: [{ repository: scratch.names[0], actions: 'pull' }],
      headers: { range: 'bytes=1000-' },
      expect: [200, 206, 416],
    });
    response.body.destroy();
    scratch.session.capabilities.set('rangeGet', response.status === 206);
    return { ok: response.status === 206, found: `a Range is answered with ${response.status}` };
  },
};

export const resume: Check<Scratch> = {
  name: 'resume',
  needed: false,
  after: ['push'],
  well: 'an upload that breaks off continues at the byte, also after a kill',
  unwell: 'an upload that breaks off begins anew, which costs most with large layers',
  next: 'Nothing can be done from here; keep the way to the registry short for large images.',
  run: resumeUpload,
};

export const mount: Check<Scratch> = {
  name: 'mount',
  needed: false,
  after: ['push'],
  well: 'layers that images share are sent once for the whole registry',
  unwell: 'layers that images share are sent once for each repository',
  next: 'Give the user the right to pull from the sibling repositories, or put images under one project.',
  run: async (scratch) => {
    const mounted = await scratch.repository(1).mountBlob(scratch.blob, scratch.names[0], callOf(scratch));
    if (mounted) scratch.wrote(1, 'blobs', scratch.blob.digest);
    return {
      ok: mounted,
      found: mounted ? 'a blob was mounted into another repository' : 'the registry would not mount',
    };
  },
};

/** Breaks a request off after half of its bytes, as a kill does, and asks what has been kept. */
async function resumeUpload({ session, names, bytes, signal }: Scratch): Promise<Outcome> {
  const push = { ...asking(signal), scopes: [{ repository: names[0], actions: 'pull,push' as const }] };
  const half = bytes.subarray(0, bytes.length / 2);
  const begun = await session.send({
    ...push,
    method: 'POST',
    url: `/v2/${names[0]}/blobs/uploads/`,
    expect: [202],
  });
  begun.body.resume();
  const location = new URL(begun.headers.location ?? '', begun.url);
  const limit = timeLimit(BREAK_MS, signal);
  const broken = session.send({
    ...push,
    method: 'PATCH',
    url: location,
    headers: { 'content-type': 'application/octet-stream' },
    // Half of what is announced; nothing more ever comes.
    body: { open: () => stalling(half), length: bytes.length },
    expect: [202],
    retry: false,
    signal: limit.signal,
  });
  await broken.catch(() => signal?.throwIfAborted()).finally(limit.done);
  const ask = (method: 'GET' | 'DELETE') =>
    session.send({ ...push, method, url: location, expect: [200, 202, 204, 400, 404, 405, 409, 416] });
  const asked = await ask('GET');
  asked.body.resume();
  (await ask('DELETE')).body.resume();
  const kept = Number(/0-(\d+)$/.exec(String(asked.headers.range ?? ''))?.[1] ?? 0);
  return asked.status < 300 && kept > 0
    ? { ok: true, found: `of an upload that broke off ${kept + 1} bytes were kept` }
    : { ok: false, found: `asked for an upload that broke off, it answers ${asked.status}` };
}

/** Long enough for half of a small body to arrive far away. */
const BREAK_MS = 1500;

function stalling(bytes: Buffer): Readable {
  const stream = new Readable({ read: () => undefined });
  stream.push(bytes);
  return stream;
}
