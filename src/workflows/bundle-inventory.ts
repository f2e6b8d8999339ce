import { resolve } from 'node:path';
import pLimit from 'p-limit';
import { isFields, jsonFields, SallyportError } from '../base/index.ts';
import { type Lock, type RegistryConfig, targetsFor } from '../lock/index.ts';
import {
  blobsOf,
  type Digest,
  isDigest,
  isManifestType,
  type Naming,
  parseReference,
  type RawManifest,
} from '../oci/index.ts';
import { type ContentStore, canListTags, type OmittedBlob, openBundle } from '../store/index.ts';
import type { Plan } from '../transfer/index.ts';
import { bundledLock } from './bundle-load.ts';
import type { WorkflowContext } from './context.ts';
import { readIfThere, writeWhole } from './files.ts';
import { readLockFile } from './lock-file.ts';
import { openRegistries } from './registries.ts';

/** What a target has: carried back to the side that makes bundles. Sizes are bytes. */
export interface Inventory {
  readonly apiVersion: 'sallyport.dev/v1alpha1';
  readonly kind: 'Inventory';
  /** By repository (`registry.corp.example/che/quay.io/eclipse/che-server`), sorted. */
  readonly repositories: readonly InventoriedRepository[];
}

export interface InventoriedRepository {
  readonly repository: string;
  readonly tags: Readonly<Record<string, Digest>>;
  /** Configs and layers of everything that the tags lead to. */
  readonly blobs: readonly { readonly digest: Digest; readonly size: number }[];
}

export interface InventoryOptions {
  readonly registries: Readonly<Record<string, RegistryConfig>>;
  /** Repositories with their host. */
  readonly repositories: readonly string[];
}

/** Repositories asked at once; each takes a request a tag and more for indexes. */
const AT_ONCE = 8;
const MANIFESTS_AT_ONCE = 16;

/**
 * Asks a target what it has. A registry takes no manifest before its content, so what a manifest names is there. A repository that is not there has
 * nothing. Throws what the registry client throws.
 */
async function takeInventory(context: WorkflowContext, options: InventoryOptions): Promise<Inventory> {
  const registries = openRegistries(context, options.registries);
  const limit = pLimit(AT_ONCE);
  try {
    const repositories = await Promise.all(
      [...new Set(options.repositories)]
        .sort()
        .map((name) => limit(() => inventory(context, name, registries.target(parseReference(name))))),
    );
    return { apiVersion: 'sallyport.dev/v1alpha1', kind: 'Inventory', repositories };
  } finally {
    registries.close();
  }
}

async function inventory(
  context: WorkflowContext,
  repository: string,
  store: ContentStore,
): Promise<InventoriedRepository> {
  const call = context.signal === undefined ? {} : { signal: context.signal };
  const limit = pLimit(MANIFESTS_AT_ONCE);
  const tags: Record<string, Digest> = {};
  const blobs = new Map<Digest, number>();
  const seen = new Map<Digest, Promise<void>>();
  const visit = (read: () => Promise<RawManifest>): Promise<RawManifest> => limit(read);
  const follow = async ({ view }: RawManifest): Promise<void> => {
    for (const { digest, size } of blobsOf(view)) blobs.set(digest, size);
    if (view.kind !== 'index') return;
    await Promise.all(
      view.manifests.map(({ digest, mediaType }) => {
        if (!isManifestType(mediaType)) return undefined;
        const known = seen.get(digest) ?? child(digest);
        seen.set(digest, known);
        return known;
      }),
    );
  };
  // A sparse index names children that are not there; they have nothing.
  const child = async (digest: Digest): Promise<void> => {
    const found = await limit(() => store.resolve(digest, call));
    if (found !== undefined) await follow(await visit(() => store.readManifest(digest, call)));
  };
  const names = canListTags(store) ? await listTags(store, call) : [];
  await Promise.all(
    names.map(async (tag) => {
      const manifest = await visit(() => store.readManifest(tag, call));
      tags[tag] = manifest.descriptor.digest;
      await follow(manifest);
    }),
  );
  return {
    repository,
    tags: Object.fromEntries(Object.entries(tags).sort(([a], [b]) => (a < b ? -1 : 1))),
    blobs: [...blobs]
      .map(([digest, size]) => ({ digest, size }))
      .sort((a, b) => (a.digest < b.digest ? -1 : 1)),
  };
}

async function listTags(
  store: ContentStore & { listTags(options: object): Promise<readonly string[]> },
  call: object,
): Promise<readonly string[]> {
  try {
    return await store.listTags(call);
  } catch (thrown) {
    if (thrown instanceof SallyportError && NOT_THERE.has(thrown.code)) return [];
    throw thrown;
  }
}

/** Registries answer 404, some 403, for a repository that does not exist. */
const NOT_THERE: ReadonlySet<string> = new Set(['MANIFEST_NOT_FOUND', 'BLOB_NOT_FOUND']);

export interface WriteInventoryOptions {
  readonly registries: Readonly<Record<string, RegistryConfig>>;
  /** `HOST/PATH` of the target; undefined: as the lock says. */
  readonly prefix?: string;
  readonly naming?: Naming;
  /** Whose images are asked for: a bundle that came over earlier, or a lock. */
  readonly of: { readonly bundle: string } | { readonly lock: string };
  /** Undefined: nothing is written. */
  readonly output?: string;
}

/** Takes the inventory of the repositories that a bundle or a lock would go to, and writes it. Throws `USAGE` without a target. */
export async function writeInventory(
  context: WorkflowContext,
  { registries, of, output, ...target }: WriteInventoryOptions,
): Promise<{ readonly inventory: Inventory; readonly bytes: Buffer }> {
  const lock = 'lock' in of ? await readLockFile(context, of.lock) : await lockOfBundle(context, of.bundle);
  const prefix = target.prefix ?? lock.target?.prefix;
  if (prefix === undefined)
    throw new SallyportError('USAGE', 'names no target', {
      subject: 'lock' in of ? of.lock : of.bundle,
      hint: 'Say which one: --target HOST/PATH.',
    });
  const places = targetsFor(
    lock.images.map(({ reference, digest }) => ({ reference, digest })),
    { prefix, naming: target.naming ?? lock.target?.naming ?? 'nested' },
  );
  const inventory = await takeInventory(context, {
    registries,
    repositories: [...places.values()].map(({ repository }) => repository),
  });
  const bytes = Buffer.from(`${JSON.stringify(inventory, undefined, 1)}\n`);
  if (output !== undefined) await writeWhole(resolve(context.cwd, output), bytes, output);
  return { inventory, bytes };
}

async function lockOfBundle(context: WorkflowContext, file: string): Promise<Lock> {
  const bundle = await openBundle({
    path: resolve(context.cwd, file),
    ...(context.signal === undefined ? {} : { signal: context.signal }),
  });
  try {
    return await bundledLock(bundle, file);
  } finally {
    await bundle.close();
  }
}

/** Reads an inventory file. Throws `FILE_NOT_FOUND`, `CONFIG_INVALID`. */
export async function readInventory(context: WorkflowContext, file: string): Promise<Inventory> {
  const bytes = await readIfThere(resolve(context.cwd, file), file);
  if (bytes === undefined)
    throw new SallyportError('FILE_NOT_FOUND', 'does not exist', {
      subject: file,
      hint: 'Write it on the other side with `sallyport bundle inventory`, and carry it over.',
    });
  const bad = (reason: string, cause?: unknown) =>
    new SallyportError('CONFIG_INVALID', `is no inventory: ${reason}`, {
      subject: file,
      cause,
      hint: 'Write it on the other side with `sallyport bundle inventory`, and carry it over whole.',
    });
  const value = jsonFields(bytes, bad);
  if (value['kind'] !== 'Inventory' || value['apiVersion'] !== 'sallyport.dev/v1alpha1')
    throw bad('it is not of this kind and version');
  if (!Array.isArray(value['repositories'])) throw bad('it lists no repositories');
  return {
    apiVersion: 'sallyport.dev/v1alpha1',
    kind: 'Inventory',
    repositories: value['repositories'].map((item: unknown, position) => {
      const read = readRepository(item);
      if (read === undefined) throw bad(`repositories[${position}] is malformed`);
      return read;
    }),
  };
}

function readRepository(item: unknown): InventoriedRepository | undefined {
  if (!isFields(item)) return undefined;
  const { repository, tags, blobs } = item;
  if (typeof repository !== 'string' || !isFields(tags) || !Array.isArray(blobs)) return undefined;
  const read = blobs.flatMap((blob: unknown) => {
    if (!isFields(blob)) return [];
    const { digest, size } = blob;
    return typeof digest === 'string' && isDigest(digest) && typeof size === 'number'
      ? [{ digest, size }]
      : [];
  });
  const named = Object.entries(tags).flatMap(([tag, digest]) =>
    typeof digest === 'string' && isDigest(digest) ? [[tag, digest] as const] : [],
  );
  if (read.length !== blobs.length || named.length !== Object.keys(tags).length) return undefined;
  return { repository, tags: Object.fromEntries(named), blobs: read };
}

/** The content of a plan that the inventory has, with where. */
export function omittedBlobs(since: Inventory | undefined, plan: Plan): OmittedBlob[] {
  if (since === undefined) return [];
  const places = new Map<string, string[]>();
  for (const { repository, blobs } of since.repositories) {
    for (const { digest, size } of blobs) {
      const key = `${digest} ${size}`;
      const known = places.get(key);
      if (known === undefined) places.set(key, [repository]);
      else known.push(repository);
    }
  }
  const omitted = new Map<Digest, OmittedBlob>();
  for (const { blob } of plan.blobs) {
    const found = places.get(`${blob.digest} ${blob.size}`);
    if (found !== undefined) omitted.set(blob.digest, { digest: blob.digest, size: blob.size, in: found });
  }
  return [...omitted.values()];
}
