import { join } from 'node:path';
import { compareText, SallyportError, systemCode } from '../../base/index.ts';
import { blobsOf, type Digest, digestHex, hashFor } from '../../oci/index.ts';
import { BlobFiles, isPlainFolder } from '../../store/index.ts';
import { damagedRecords } from './check-records.ts';
import { digestsIn } from './garbage.ts';
import { LayoutView } from './layout-view.ts';
import { REPOSITORIES } from './paths.ts';
import { Recent } from './recent.ts';
import { DiskRepository } from './repository.ts';
import { Serial } from './serial.ts';
import type { Shared } from './shared.ts';
import { readStored } from './stored-manifest.ts';
import { walkRepositories } from './walk.ts';

/** What a check of everything on disk found. */
export interface StorageReport {
  readonly blobs: number;
  readonly bytes: number;
  readonly manifests: number;
  /** Sorted by digest. Children of an index are only looked for when `children` was asked for. */
  readonly problems: readonly StorageProblem[];
}

/** One file that is not right, and one manifest that is of no use because of it. */
export interface StorageProblem {
  /** `damaged`: its bytes are not what its name says. `missing`: something names it and it is not there. */
  readonly state: 'damaged' | 'missing';
  /** Absent where it is no blob that is damaged but a small file of the repository. */
  readonly digest?: Digest;
  /** That small file, below the registry's folder. */
  readonly file?: string;
  /** Where it is needed; absent for a damaged blob that no manifest names. */
  readonly repository?: string;
  readonly manifest?: Digest;
  /** Tags of that repository which lead to the manifest, also through an index. */
  readonly tags: readonly string[];
}

export interface CheckOptions {
  readonly signal?: AbortSignal;
  /** Also look for the children of indexes; images copied for some platforms only lack some. */
  readonly children?: boolean;
}

/**
 * Checks a registry's folder, whether or not a registry is running on it: nothing is locked or changed, and what a running one
 * removes meanwhile is not reported. Throws `FILE_NOT_FOUND`, `FILE_UNREADABLE`.
 */
export async function checkFolder(dir: string, options: CheckOptions = {}): Promise<StorageReport> {
  await expectRegistry(dir);
  const blobs = new BlobFiles({ root: dir, durable: false });
  await blobs.prepare(false);
  const now = Date.now;
  return checkStorage(
    {
      root: dir,
      durable: false,
      blobs,
      view: new LayoutView({ root: dir, durable: false, unclean: false }),
      serial: new Serial(),
      uploads: new Map(),
      recent: new Recent(now),
      now,
      assertWritable: () => {
        throw new SallyportError('INTERNAL', 'a check wanted to write', { subject: dir });
      },
    },
    options,
  );
}

/** Throws `FILE_NOT_FOUND` for a folder that no registry has used. */
export async function expectRegistry(dir: string): Promise<void> {
  const there = await isPlainFolder(join(dir, REPOSITORIES)).catch((thrown: unknown) => {
    // Below a file there is no folder.
    if (thrown instanceof Error && systemCode(thrown.cause) === 'ENOTDIR') return false;
    throw thrown;
  });
  if (!there)
    throw new SallyportError('FILE_NOT_FOUND', 'holds no registry', {
      subject: dir,
      hint: 'Name the folder that `sallyport registry serve --dir` was given.',
    });
}

/** Hashes every file again and follows every manifest. Changes nothing. */
export async function checkStorage(storage: Shared, options: CheckOptions): Promise<StorageReport> {
  // A look at everything is nothing that a client relies on: it must not make everything look wanted.
  const shared = { ...storage, recent: new Recent(storage.now) };
  const report = { blobs: 0, bytes: 0, manifests: 0 };
  const damaged = new Set<Digest>();
  for await (const digest of shared.blobs.list()) {
    options.signal?.throwIfAborted();
    const size = await hashAgain(shared, digest, options.signal);
    if (size === undefined) continue;
    report.blobs++;
    report.bytes += size.bytes;
    if (!size.right) damaged.add(digest);
  }
  const problems: StorageProblem[] = [];
  for await (const { name, folder } of walkRepositories(shared.root)) {
    const repository = new DiskRepository(name, shared);
    const tags = await tagsByDigest(repository);
    const held = new Map<Digest, Digest[]>();
    const wrong: (Found & { readonly repository: string; readonly manifest: Digest })[] = [];
    for (const manifest of await digestsIn(join(folder, '_manifests'))) {
      options.signal?.throwIfAborted();
      report.manifests++;
      const found = await problemsOf(repository, {
        manifest,
        damaged,
        held,
        children: options.children === true,
      });
      wrong.push(...found.map((problem) => ({ ...problem, repository: name, manifest })));
    }
    for (const problem of wrong) problems.push({ ...problem, tags: tagsOf(problem.manifest, tags, held) });
    for await (const { file, tag } of damagedRecords(repository, { root: shared.root, folder, damaged }))
      problems.push({ state: 'damaged', file, repository: name, tags: tag === undefined ? [] : [tag] });
    for (const [digest, names] of tags)
      if (!(await repository.hasManifestLink(digest)) && (await stillPoint(repository, names, digest)))
        problems.push({ state: 'missing', digest, repository: name, manifest: digest, tags: names });
  }
  const named = new Set(problems.flatMap(({ digest }) => digest ?? []));
  for (const digest of damaged) if (!named.has(digest)) problems.push({ state: 'damaged', digest, tags: [] });
  problems.sort(
    (a, b) =>
      compareText(a.digest ?? a.file ?? '', b.digest ?? b.file ?? '') ||
      compareText(a.repository ?? '', b.repository ?? ''),
  );
  return { ...report, problems };
}

async function hashAgain(
  shared: Shared,
  digest: Digest,
  signal: AbortSignal | undefined,
): Promise<{ readonly bytes: number; readonly right: boolean } | undefined> {
  const stream = await shared.blobs.open(digest);
  if (stream === undefined) return undefined;
  const hash = hashFor(digest);
  let bytes = 0;
  for await (const chunk of stream) {
    signal?.throwIfAborted();
    hash.update(chunk as Buffer);
    bytes += (chunk as Buffer).length;
  }
  return { bytes, right: hash.digest('hex') === digestHex(digest) };
}

interface Found {
  readonly state: StorageProblem['state'];
  readonly digest: Digest;
}

/**
 * What is wrong with one manifest and what it names; notes in `held` which indexes hold which manifests. A manifest that went away while we
 * looked has no problem.
 */
async function problemsOf(
  repository: DiskRepository,
  look: {
    readonly manifest: Digest;
    readonly damaged: ReadonlySet<Digest>;
    readonly held: Map<Digest, Digest[]>;
    readonly children: boolean;
  },
): Promise<Found[]> {
  const { manifest, damaged, held, children } = look;
  // What it names cannot be known then.
  if (damaged.has(manifest)) return [{ state: 'damaged', digest: manifest }];
  const found: Found[] = [];
  if ((await repository.findManifest(manifest)) === undefined)
    found.push({ state: 'missing', digest: manifest });
  else {
    const { view } = readStored(await repository.readManifest(manifest), manifest);
    for (const { digest } of blobsOf(view)) {
      if (damaged.has(digest)) found.push({ state: 'damaged', digest });
      else if ((await repository.blobSize(digest)) === undefined) found.push({ state: 'missing', digest });
    }
    for (const { digest } of view.kind === 'index' ? view.manifests : []) {
      held.set(digest, [...(held.get(digest) ?? []), manifest]);
      if (children && (await repository.findManifest(digest)) === undefined)
        found.push({ state: 'missing', digest });
    }
  }
  return found.length > 0 && (await repository.hasManifestLink(manifest)) ? found : [];
}

/** Those that lead to a manifest, itself or through indexes that hold it. */
function tagsOf(
  manifest: Digest,
  tags: ReadonlyMap<Digest, readonly string[]>,
  held: ReadonlyMap<Digest, readonly Digest[]>,
): string[] {
  const found = new Set<string>();
  const seen = new Set<Digest>();
  const waiting = [manifest];
  for (let digest = waiting.pop(); digest !== undefined; digest = waiting.pop()) {
    if (seen.has(digest)) continue;
    seen.add(digest);
    for (const tag of tags.get(digest) ?? []) found.add(tag);
    waiting.push(...(held.get(digest) ?? []));
  }
  return [...found].sort();
}

async function tagsByDigest(repository: DiskRepository): Promise<Map<Digest, string[]>> {
  const found = new Map<Digest, string[]>();
  for (const tag of await repository.tags()) {
    const digest = await repository.digestOfTag(tag);
    if (digest !== undefined) found.set(digest, [...(found.get(digest) ?? []), tag]);
  }
  return found;
}

async function stillPoint(
  repository: DiskRepository,
  tags: readonly string[],
  digest: Digest,
): Promise<boolean> {
  for (const tag of tags) if ((await repository.digestOfTag(tag)) === digest) return true;
  return false;
}
