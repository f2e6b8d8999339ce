import {
  type Clock,
  type EmitEvent,
  ignoreEvents,
  SallyportError,
  systemClock,
  whenAborted,
} from '../base/index.ts';
import type { Descriptor, Digest, RawManifest } from '../oci/index.ts';
import type {
  ComparingStore,
  ContentStore,
  MountingStore,
  ReferringStore,
  TagKnowingStore,
  TagListingStore,
} from '../store/index.ts';
import { hasBlob, readBlob } from './blobs.ts';
import { addToFallback } from './fallback-tag.ts';
import { readManifest, resolveAgain, resolveManifest } from './manifests.ts';
import { mountBlob } from './mount.ts';
import { listReferrers } from './referrers.ts';
import { type RepositoryParts, repositoryParts } from './repository-parts.ts';
import { knownTags, listTags } from './tags.ts';
import type { RegistrySession } from './types.ts';
import type { UploadJournal } from './upload-journal.ts';
import { cancelUpload, type Upload } from './upload-session.ts';
import { writeBlob } from './uploads.ts';
import { putManifest } from './write-manifest.ts';

/** One repository of a registry as a store, with every ability that stores can have. */
export type RegistryRepository = ContentStore &
  ComparingStore &
  MountingStore &
  ReferringStore &
  TagKnowingStore &
  TagListingStore;

export interface CreateRepositoryOptions {
  readonly session: RegistrySession;
  /** Path as in references, without host and without a mirror's prefix: `eclipse/che-server`. */
  readonly repository: string;
  readonly emit?: EmitEvent;
  readonly clock?: Clock;
  /** Remembers open uploads over the end of the process. Default: none; an upload that is given up is then cancelled. */
  readonly journal?: UploadJournal;
}

/** Asks nothing yet. What is learned of the registry is kept in the session, for all its repositories. */
export function createRepository(options: CreateRepositoryOptions): RegistryRepository {
  const { session, repository, emit = ignoreEvents, clock = systemClock, journal } = options;
  const parts = repositoryParts({
    session,
    repository,
    emit,
    clock,
    ...(journal === undefined ? {} : { journal }),
  });
  // Made when there is something to keep: of ten thousand repositories most never have.
  let opened: Map<Digest, KeptUpload> | undefined;
  const writeWithSubject = createSubjectWriter(parts);
  return {
    name: parts.label,
    resolve: (selector, call = {}) => resolveManifest(parts, selector, call),
    resolveAgain: (selector, last, call = {}) => resolveAgain(parts, selector, last, call),
    readManifest: (selector, call = {}) => readManifest(parts, selector, call),
    hasBlob: (blob, call = {}) => hasBlob(parts, blob, call),
    readBlob: (blob, call = {}) => readBlob(parts, blob, call),
    writeBlob: (blob, open, call = {}) => {
      const kept = opened?.get(blob.digest);
      opened?.delete(blob.digest);
      kept?.forget();
      return writeBlob(parts, blob, open, call, kept?.upload);
    },
    mountBlob: async (blob, from, call = {}) => {
      const mounted = await mountBlob(parts, blob, from, call);
      if (mounted.done || mounted.upload === undefined) return mounted.done;
      if (call.signal?.aborted === true) {
        await cancelUpload(parts, mounted.upload);
        return false;
      }
      opened ??= new Map();
      keep(parts, opened, blob, mounted.upload, call.signal);
      return false;
    },
    writeManifest: (manifest, call = {}) => writeWithSubject(manifest, call),
    referrers: (digest, call = {}) => listReferrers(parts, digest, call),
    knownTags: (call = {}) => knownTags(parts, call),
    listTags: async (call = {}) => {
      const tags = await listTags(parts, call);
      if (tags !== undefined) return tags;
      throw new SallyportError('MANIFEST_NOT_FOUND', 'is not known to the registry', {
        subject: parts.label,
      });
    },
  };
}

interface KeptUpload {
  readonly upload: Upload;
  /** It is taken: nobody cancels it any more. */
  readonly forget: () => void;
}

/** Keeps the upload that came in place of a mount for the write of the same blob, or cancels it when the run is stopped before. */
function keep(
  parts: RepositoryParts,
  opened: Map<Digest, KeptUpload>,
  blob: Descriptor,
  upload: Upload,
  signal: AbortSignal | undefined,
): void {
  const before = opened.get(blob.digest);
  if (before !== undefined) {
    before.forget();
    void cancelUpload(parts, before.upload);
  }
  const forget = whenAborted(signal, () => {
    opened.delete(blob.digest);
    void cancelUpload(parts, upload);
  });
  opened.set(blob.digest, { upload, forget });
}

/** Writes manifests, and keeps the fallback tag of their subject where the registry does not: one at a time per subject, else entries get lost. */
function createSubjectWriter(
  parts: RepositoryParts,
): (manifest: RawManifest, call: { readonly signal?: AbortSignal; readonly tag?: string }) => Promise<void> {
  let lines: Map<Digest, Promise<void>> | undefined;
  return async (manifest, call) => {
    const { subjectKnown } = await putManifest(parts, manifest, call);
    const subject = manifest.view.subject?.digest;
    if (subject === undefined || subjectKnown) return;
    const { tag: _, ...rest } = call;
    lines ??= new Map();
    const before = lines.get(subject) ?? Promise.resolve();
    const mine = before.then(() => addToFallback(parts, manifest, subject, rest));
    const settled = mine.catch(() => {}); // the next in line is not concerned by this failure
    lines.set(subject, settled);
    await mine;
    if (lines.get(subject) === settled) lines.delete(subject);
  };
}
