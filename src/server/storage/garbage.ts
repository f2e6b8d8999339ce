import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { systemCode } from '../../base/index.ts';
import { type Digest, isDigest } from '../../oci/index.ts';
import { fileError } from '../../store/index.ts';
import { removeEmptyRepository } from './empty.ts';
import { digestPath } from './paths.ts';
import type { DiskRepository } from './repository.ts';
import type { Shared } from './shared.ts';
import { readStored } from './stored-manifest.ts';

export interface GarbageOptions {
  /** Younger than this stays, because a push may be about to refer to it. Default one hour. */
  readonly minAgeMs?: number;
  /** Also remove manifests that no tag, index or subject leads to. Default false: many are used by digest only. */
  readonly untagged?: boolean;
  /** Only say what would be removed. */
  readonly dryRun?: boolean;
  readonly signal?: AbortSignal;
}

/** What was removed. */
export interface GarbageReport {
  readonly manifests: number;
  /** Blobs that a repository gave up because none of its manifests names them. */
  readonly links: number;
  /** Files that no repository needed any more, and their bytes. */
  readonly blobs: number;
  readonly bytes: number;
  /** Files that nothing refers to and that stay for now, because they are young or were asked for lately; and their bytes. */
  readonly young: { readonly blobs: number; readonly bytes: number };
  /** Repositories in which nothing was left. */
  readonly repositories: number;
  /** Uploads that nobody has continued for long. */
  readonly uploads: number;
}

/** A repository as a walk through the folder finds it. */
export interface FoundRepository {
  readonly repository: DiskRepository;
  readonly folder: string;
  /** False where only an upload ever began: no list of repositories names that one. */
  readonly hasContent: boolean;
}

const HOUR_MS = 60 * 60 * 1000;

/**
 * Removes what nothing refers to, beside running requests: per repository under its lock, then per file under the lock of its digest,
 * and never what is young or was asked for lately.
 */
export async function collectGarbage(
  shared: Shared,
  repositories: AsyncIterable<FoundRepository>,
  options: GarbageOptions,
): Promise<Omit<GarbageReport, 'uploads'>> {
  const oldest = shared.now() - (options.minAgeMs ?? HOUR_MS);
  const report = {
    manifests: 0,
    links: 0,
    blobs: 0,
    bytes: 0,
    young: { blobs: 0, bytes: 0 },
    repositories: 0,
  };
  /** What manifests are made of, and they themselves. */
  const needed = new Set<Digest>();
  /** What nothing names yet and a repository keeps for now. */
  const young = new Set<Digest>();
  for await (const { repository, folder, hasContent } of repositories) {
    options.signal?.throwIfAborted();
    await repository.exclusively(async () => {
      const unreachable =
        options.untagged === true
          ? await unreachableManifests(shared, repository, folder, oldest)
          : new Set<Digest>();
      report.manifests += unreachable.size;
      if (options.dryRun !== true) for (const digest of unreachable) await repository.deleteManifest(digest);
      const named = new Set<Digest>();
      let left = 0;
      for (const digest of await digestsIn(join(folder, '_manifests'))) {
        if (unreachable.has(digest)) continue;
        left++;
        needed.add(digest);
        for (const one of await referencesOf(repository, digest)) named.add(one);
      }
      for (const digest of await digestsIn(join(folder, '_blobs'))) {
        if (named.has(digest)) {
          left++;
          needed.add(digest);
          continue;
        }
        const isYoung =
          shared.recent.since(`${repository.name} ${digest}`, oldest) ||
          !(await isOlder(digestPath(folder, '_blobs', digest), oldest));
        if (isYoung || !(await giveUp(shared, repository, digest, oldest, options.dryRun === true))) {
          left++;
          young.add(digest);
        } else report.links++;
      }
      // A tag without its manifest is damage, which `registry verify` tells and nobody here hides.
      if (left > 0 || (await repository.tags()).length > 0) return;
      const gone = options.dryRun === true || (await removeEmptyRepository(shared.root, repository.name));
      if (gone && hasContent) report.repositories++;
    });
  }
  for await (const digest of shared.blobs.list()) {
    options.signal?.throwIfAborted();
    if (needed.has(digest)) continue;
    await shared.serial.run(digest, async () => {
      const path = shared.blobs.pathOf(digest);
      const stays =
        young.has(digest) || shared.recent.since(digest, oldest) || !(await isOlder(path, oldest));
      const count = stays ? report.young : report;
      count.bytes += (await shared.blobs.size(digest)) ?? 0;
      count.blobs++;
      if (!stays && options.dryRun !== true) await shared.blobs.remove(digest);
    });
  }
  return report;
}

/** Removes a blob from a repository unless a push came for it since we looked; true when it is (or would be) gone. */
function giveUp(
  shared: Shared,
  repository: DiskRepository,
  digest: Digest,
  oldest: number,
  dryRun: boolean,
): Promise<boolean> {
  return shared.serial.run(digest, async () => {
    if (shared.recent.since(`${repository.name} ${digest}`, oldest)) return false;
    return dryRun || (await repository.deleteBlob(digest));
  });
}

/** Manifests that cannot be reached from a tag and are old enough; what refers to a reachable one is reachable. */
async function unreachableManifests(
  shared: Shared,
  repository: DiskRepository,
  folder: string,
  oldest: number,
): Promise<Set<Digest>> {
  const reachable = new Set<Digest>();
  const waiting: Digest[] = [];
  for (const tag of await repository.tags()) {
    const found = await repository.findManifest(tag);
    if (found !== undefined) waiting.push(found.digest);
  }
  for (let digest = waiting.pop(); digest !== undefined; digest = waiting.pop()) {
    if (reachable.has(digest)) continue;
    reachable.add(digest);
    for (const child of await childrenOf(repository, digest)) waiting.push(child);
    for (const referrer of await repository.referrers(digest)) waiting.push(referrer.digest);
  }
  const found = new Set<Digest>();
  for (const digest of await digestsIn(join(folder, '_manifests'))) {
    if (reachable.has(digest) || shared.recent.since(`${repository.name} ${digest}`, oldest)) continue;
    if (!(await isOlder(digestPath(folder, '_manifests', digest), oldest))) continue;
    found.add(digest);
  }
  return found;
}

async function referencesOf(repository: DiskRepository, digest: Digest): Promise<Digest[]> {
  const { view } = readStored(await repository.readManifest(digest), digest);
  if (view.kind === 'index') return [];
  return [
    ...(view.config === undefined ? [] : [view.config.digest]),
    ...view.layers.map((layer) => layer.digest),
  ];
}

async function childrenOf(repository: DiskRepository, digest: Digest): Promise<Digest[]> {
  if ((await repository.findManifest(digest)) === undefined) return [];
  const { view } = readStored(await repository.readManifest(digest), digest);
  return view.kind === 'index' ? view.manifests.map((child) => child.digest) : [];
}

/** By the time the name appeared (`ctime`): an upload that took long has an old `mtime` when it becomes a blob. */
async function isOlder(path: string, time: number): Promise<boolean> {
  try {
    return (await lstat(path)).ctimeMs < time;
  } catch (cause) {
    if (systemCode(cause) === 'ENOENT') return false;
    throw fileError(cause, path, 'read the file');
  }
}

/** The digests that `<folder>/<algorithm>/<hex>` names. */
export async function digestsIn(folder: string): Promise<Digest[]> {
  const found: Digest[] = [];
  for (const algorithm of ['sha256', 'sha512']) {
    for (const hex of await readdir(join(folder, algorithm)).catch(noneIfMissing)) {
      const digest = `${algorithm}:${hex}`;
      if (isDigest(digest)) found.push(digest);
    }
  }
  return found;
}

function noneIfMissing(cause: unknown): string[] {
  if (systemCode(cause) === 'ENOENT') return [];
  throw cause;
}
