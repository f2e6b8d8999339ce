import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { timeLimit, toSallyportError } from '../../base/index.ts';
import { digestOf, MEDIA_TYPES, readManifest } from '../../oci/index.ts';
import { describeLimit } from '../../registry/index.ts';
import type { Check, Outcome } from './check.ts';
import { EMPTY, opener, type Scratch } from './scratch.ts';

const TAG = 'probe';

/** What a copy wants of a registry, in the order in which one thing needs the other. The last one cleans up. */
export const REGISTRY_CHECKS: readonly Check<Scratch>[] = [
  {
    name: 'reach',
    needed: true,
    after: [],
    well: 'an OCI registry answers there',
    unwell: 'nothing can be copied to or from it',
    next: 'Check the address, and what stands before it (a proxy, an ingress).',
    run: async ({ session, host, signal }) => {
      const response = await session
        .send({ ...asking(signal), method: 'GET', url: '/v2/', expect: [200, 401, 403] })
        // A login that fails is the next check's affair.
        .catch((thrown: unknown) => {
          if (
            toSallyportError(thrown).facts['status'] === 401 ||
            toSallyportError(thrown).code === 'CREDENTIALS_INVALID'
          )
            return undefined;
          throw thrown;
        });
      response?.body.resume();
      const behind = session.server === host ? '' : ` (asked at ${session.server})`;
      return { ok: true, found: `answers at /v2/${behind}` };
    },
  },
  {
    name: 'login',
    needed: true,
    after: ['reach'],
    well: 'the credentials are good',
    unwell: 'private repositories cannot be read and nothing can be written',
    run: async ({ session, signal }) => {
      const response = await session.send({ ...asking(signal), method: 'GET', url: '/v2/', expect: [200] });
      response.body.resume();
      const use = session.credentialUse('');
      if (use.kind === 'used') return { ok: true, found: `with the credentials of ${use.origin}` };
      const found =
        use.kind === 'none found' ? 'no credentials were found, and none are needed' : 'none is asked for';
      return { ok: true, found, meaning: 'everybody may ask this registry' };
    },
  },
  {
    name: 'push',
    needed: true,
    after: ['login'],
    well: 'images can be copied there',
    unwell: 'images cannot be copied there',
    run: async (scratch) => {
      const repository = scratch.repository(0);
      const call = callOf(scratch);
      await repository.writeBlob(scratch.blob, opener(scratch.bytes), call);
      scratch.wrote(0, 'blobs', scratch.blob.digest);
      const config = { mediaType: MEDIA_TYPES.ociEmpty, digest: digestOf(EMPTY), size: EMPTY.length };
      await repository.writeBlob(config, opener(EMPTY), call);
      scratch.wrote(0, 'blobs', config.digest);
      const manifest = scratch.manifest();
      await repository.writeManifest(manifest, { ...call, tag: TAG });
      scratch.wrote(0, 'manifests', manifest.descriptor.digest);
      return { ok: true, found: `wrote ${repository.name}:${TAG}` };
    },
  },
  {
    name: 'read back',
    needed: true,
    after: ['push'],
    well: 'what was written comes back unchanged, under its tag and its digest',
    unwell: 'the registry, or something before it, changes what is stored',
    run: async (scratch) => {
      const repository = scratch.repository(0);
      const call = callOf(scratch);
      const { digest } = scratch.manifest().descriptor;
      const found = await repository.resolve(TAG, call);
      await repository.readManifest(digest, call);
      const same = (await buffer(await repository.readBlob(scratch.blob, call))).equals(scratch.bytes);
      return {
        ok: same && found?.digest === digest,
        found: same ? `the tag is ${found?.digest ?? 'missing'}` : 'the content of a blob is another',
      };
    },
  },
  {
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
  },
  {
    name: 'resume',
    needed: false,
    after: ['push'],
    well: 'an upload that breaks off continues at the byte, also after a kill',
    unwell: 'an upload that breaks off begins anew, which costs most with large layers',
    next: 'Nothing can be done from here; keep the way to the registry short for large images.',
    run: resumeUpload,
  },
  {
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
  },
  {
    name: 'referrers',
    needed: false,
    after: ['push'],
    well: 'signatures, attestations and SBOMs are found by what they speak of',
    unwell:
      'the registry takes what refers to an image and does not tell of it: signatures would not be found',
    next: 'Use a registry with the referrers API (OCI distribution-spec v1.1), or signatures in the older tag form.',
    run: async (scratch) => {
      const repository = scratch.repository(0);
      const subject = scratch.manifest().descriptor;
      const referrer = scratch.manifest({ subject, annotations: { 'sallyport.dev/probe': 'referrer' } });
      await repository.writeManifest(referrer, callOf(scratch));
      scratch.wrote(0, 'manifests', referrer.descriptor.digest);
      const listed = await repository.referrers(subject.digest, callOf(scratch));
      const fallback = await repository.resolve(subject.digest.replace(':', '-'), callOf(scratch));
      if (fallback !== undefined) scratch.wrote(0, 'manifests', fallback.digest);
      const api = scratch.session.capabilities.get('referrersApi') === true;
      return {
        ok: listed.some(({ digest }) => digest === referrer.descriptor.digest),
        found:
          listed.length === 0
            ? 'nothing is listed'
            : api
              ? 'listed by the referrers API'
              : 'listed by the fallback tag; there is no referrers API',
      };
    },
  },
  {
    name: 'sparse index',
    needed: false,
    after: ['push'],
    well: 'an image can be copied for some of its platforms alone, with its digest kept',
    unwell: 'images have to be copied with all their platforms',
    next: 'Leave --platform out.',
    run: async (scratch) => {
      const absent = { ...scratch.manifest({ annotations: { absent: 'true' } }).descriptor };
      const index = readManifest(
        Buffer.from(
          JSON.stringify({
            schemaVersion: 2,
            mediaType: MEDIA_TYPES.ociIndex,
            manifests: [scratch.manifest().descriptor, absent],
          }),
        ),
      );
      const taken = await accepted(() => scratch.repository(0).writeManifest(index, callOf(scratch)));
      if (taken.ok) scratch.wrote(0, 'manifests', index.descriptor.digest);
      scratch.session.capabilities.set('sparseIndex', taken.ok);
      return taken.ok ? { ok: true, found: 'an index with a missing child was taken' } : taken;
    },
  },
  {
    name: 'move a tag',
    needed: false,
    after: ['push'],
    well: 'a newer image can take the place of an older one under its tag',
    unwell: 'tags are immutable: a newer image needs another tag or prefix',
    next: 'Copy each release below a prefix of its own, or exempt the repositories from the rule.',
    run: async (scratch) => {
      const other = scratch.manifest({ annotations: { 'sallyport.dev/probe': 'moved' } });
      const taken = await accepted(() =>
        scratch.repository(0).writeManifest(other, { ...callOf(scratch), tag: TAG }),
      );
      if (taken.ok) scratch.wrote(0, 'manifests', other.descriptor.digest);
      scratch.session.capabilities.set('immutableTags', !taken.ok);
      return taken.ok ? { ok: true, found: 'a tag was moved' } : taken;
    },
  },
  {
    name: 'pull limit',
    needed: false,
    after: ['reach'],
    well: 'there is room for pulls',
    unwell: 'the registry will refuse to be read',
    next: 'Log in, wait, or read through a mirror: --registry HOST,mirror=HOST/PATH.',
    run: async ({ session }) => {
      const limit = session.pullGate.known();
      return limit === undefined
        ? undefined
        : { ok: limit.remaining > 0, found: `${limit.remaining} left of ${describeLimit(limit)}` };
    },
  },
  {
    name: 'delete',
    needed: false,
    after: ['login'],
    well: 'what was written for this examination is gone again',
    unwell: 'what was written for this examination is still there',
    next: 'Remove the two repositories that are named by the registry’s own means.',
    run: cleanUp,
  },
];

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

async function cleanUp(scratch: Scratch): Promise<Outcome | undefined> {
  const { session, names, written } = scratch;
  if (written.length === 0) return undefined;
  let left = 0;
  let status = 0;
  for (const { which, kind, digest } of written) {
    const response = await session.send({
      ...asking(undefined),
      method: 'DELETE',
      url: `/v2/${names[which]}/${kind}/${digest}`,
      scopes: [{ repository: names[which], actions: 'delete' }],
      // Anything is an answer here.
      expect: [200, 202, 204, 400, 401, 403, 404, 405, 409, 500, 501],
    });
    response.body.resume();
    // A blob goes with the last manifest that names it, at registries that count.
    if (response.status < 300 || response.status === 404) continue;
    if (kind === 'blobs') continue;
    left++;
    status = response.status;
  }
  session.capabilities.set('delete', left === 0);
  return left === 0
    ? { ok: true, found: 'manifests were deleted' }
    : { ok: false, found: `deleting is answered with ${status}; left behind: ${names.join(', ')}` };
}

async function accepted(write: () => Promise<void>): Promise<Outcome> {
  try {
    await write();
    return { ok: true, found: 'taken' };
  } catch (thrown) {
    const error = toSallyportError(thrown);
    // A refusal is an answer; a broken connection is not.
    if (typeof error.facts['status'] !== 'number' || error.facts['status'] >= 500) throw error;
    return { ok: false, found: `refused with ${error.facts['status']}` };
  }
}

function asking(signal: AbortSignal | undefined) {
  return { scopes: [], what: 'examining the registry', ...(signal === undefined ? {} : { signal }) };
}

function callOf({ signal }: Scratch): { readonly signal?: AbortSignal } {
  return signal === undefined ? {} : { signal };
}
