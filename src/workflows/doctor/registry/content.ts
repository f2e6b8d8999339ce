import { buffer } from 'node:stream/consumers';
import { digestOf, MEDIA_TYPES } from '../../../oci/index.ts';
import type { Check } from '../check.ts';
import { EMPTY, opener, type Scratch } from '../scratch.ts';
import { callOf, TAG } from './asking.ts';

export const push: Check<Scratch> = {
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
};

export const readBack: Check<Scratch> = {
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
};
