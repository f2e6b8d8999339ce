import { MEDIA_TYPES, readManifest } from '../../../oci/index.ts';
import type { Check } from '../check.ts';
import type { Scratch } from '../scratch.ts';
import { accepted, callOf, TAG } from './asking.ts';

export const referrers: Check<Scratch> = {
  name: 'referrers',
  needed: false,
  after: ['push'],
  well: 'signatures, attestations and SBOMs are found by what they speak of',
  unwell: 'the registry takes what refers to an image and does not tell of it: signatures would not be found',
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
};

export const sparseIndex: Check<Scratch> = {
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
};

export const moveTag: Check<Scratch> = {
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
};
