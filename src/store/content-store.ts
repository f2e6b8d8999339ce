import type { Readable } from 'node:stream';
import type { Descriptor, Digest, RawManifest } from '../oci/index.ts';

export interface CallOptions {
  readonly signal?: AbortSignal;
}

export interface ReadBlobOptions extends CallOptions {
  readonly offset?: number;
  /** Whoever reads compares the bytes with the digest: the store need not hash them as well, and gives them as they come. */
  readonly unchecked?: boolean;
}

/**
 * What a repository of a registry, an OCI layout on disk and a bundle have in common.
 * One store holds the content of one repository; transfer sees nothing else.
 *
 * Every method throws SallyportError. Bytes that come out have been checked against their digest and size,
 * bytes that go in are checked before they become visible.
 */
export interface ContentStore {
  /** For messages: `quay.io/eclipse/che-server`, `layout out/cache (library/redis)`. */
  readonly name: string;
  /** The descriptor of a tag or digest, by the cheapest question there is; undefined when it is not there. */
  resolve(selector: string, options?: CallOptions): Promise<Descriptor | undefined>;
  /** The exact bytes of a manifest by tag or digest. Throws `MANIFEST_NOT_FOUND`. */
  readManifest(selector: string, options?: CallOptions): Promise<RawManifest>;
  /** Whether the blob is in this very repository. */
  hasBlob(blob: Descriptor, options?: CallOptions): Promise<boolean>;
  /**
   * The bytes of a blob from `offset` (default 0) on. The stream fails with `DIGEST_MISMATCH` or `SIZE_MISMATCH` instead of ending
   * when a whole read (offset 0) is wrong, and continues by itself over dropped connections where the store can.
   */
  readBlob(blob: Descriptor, options?: ReadBlobOptions): Promise<Readable>;
  /**
   * Writes a blob. `open(offset)` gives the bytes from there on and may be called again after a failure, so that an upload can be
   * resumed or begun anew. Resolves when the store has acknowledged the right digest.
   */
  writeBlob(
    blob: Descriptor,
    open: (offset: number) => Promise<Readable>,
    options?: CallOptions,
  ): Promise<void>;
  /** Writes a manifest by digest, and under `tag` when one is given. Whatever it refers to must be there before. */
  writeManifest(manifest: RawManifest, options?: CallOptions & { readonly tag?: string }): Promise<void>;
}

/** Stores that can take a blob over from a sibling repository without moving bytes. */
export interface MountingStore {
  /** True when it is now here; false when the server would not (the caller then copies). */
  mountBlob(blob: Descriptor, fromRepository: string, options?: CallOptions): Promise<boolean>;
}

/** Stores that hash what is written into them themselves, and refuse it with `DIGEST_MISMATCH` or `SIZE_MISMATCH` when it is wrong. */
export interface CheckingStore {
  readonly checksContent: true;
}

/** Stores that can tell what refers to a manifest (signatures, attestations, SBOMs). */
export interface ReferringStore {
  /**
   * The manifests whose `subject` is this digest: referrers API, or the fallback tag (distribution-spec v1.1 "Referrers Tag Schema").
   * `tags`: all that there are, when the caller knows them; a fallback tag that is not among them is not asked for.
   */
  referrers(
    digest: Digest,
    options?: CallOptions & { readonly tags?: ReadonlySet<string> },
  ): Promise<readonly Descriptor[]>;
}

export interface TagListingStore {
  /** All tags, sorted as the store has them; reading stops after `limit` (default: no limit). */
  listTags(options?: CallOptions & { readonly limit?: number }): Promise<readonly string[]>;
}

/** Stores that can be asked for all their tags in place of many questions for one each. */
export interface TagKnowingStore {
  /** All tags (none: the repository has none or is not known), or undefined when telling them takes more than a few answers or is refused. */
  knownTags(options?: CallOptions): Promise<ReadonlySet<string> | undefined>;
}

/** Stores for which it costs less to say that a tag still names what it did than to say what it names. */
export interface ComparingStore {
  /**
   * Like `resolve`, but of what still has the digest `last`, or is it, no more than that digest may come back. Whether the content behind it can
   * be read, the store need not look.
   */
  resolveAgain(
    selector: string,
    last: Digest,
    options?: CallOptions,
  ): Promise<Descriptor | Pick<Descriptor, 'digest'> | undefined>;
}

export function canCompare(store: ContentStore): store is ContentStore & ComparingStore {
  return 'resolveAgain' in store;
}

export function canMount(store: ContentStore): store is ContentStore & MountingStore {
  return 'mountBlob' in store;
}

export function checksContent(store: ContentStore): store is ContentStore & CheckingStore {
  return 'checksContent' in store;
}

export function canListReferrers(store: ContentStore): store is ContentStore & ReferringStore {
  return 'referrers' in store;
}

export function canKnowTags(store: ContentStore): store is ContentStore & TagKnowingStore {
  return 'knownTags' in store;
}

export function canListTags(store: ContentStore): store is ContentStore & TagListingStore {
  return 'listTags' in store;
}
