import { SallyportError } from '../../base/index.ts';
import { type Descriptor, type Digest, digestOf, nameOf, tryParseReference } from '../../oci/index.ts';
import { LAYOUT_MARKER, type LayoutEntry, parseIndex } from '../layout-index.ts';
import { type BundleInfo, parseInfo } from './info.ts';
import { INDEX, INFO, MARKER, SUMS } from './names.ts';
import type { TarFiles } from './tar-files.ts';
import { invalid } from './tar-header.ts';
import { type FoundManifests, walkManifests } from './walk.ts';

/** What a bundle holds, everything of it compared with something else in it. */
export interface BundleContents extends FoundManifests {
  readonly info: BundleInfo;
  /** The digest of `SHA256SUMS`: the same content has the same. */
  readonly digest: Digest;
  /** Tags by repository, named as references have it (`quay.io/eclipse/che-server`). */
  readonly repositories: ReadonlyMap<string, ReadonlyMap<string, Descriptor>>;
}

/** Reads and checks everything but blobs. Throws `BUNDLE_INVALID`, `DIGEST_MISMATCH`. */
export async function readContents(
  files: TarFiles,
  signal: AbortSignal | undefined,
): Promise<BundleContents> {
  const { path } = files;
  const sums = await files.readFile(SUMS);
  const listed = new Map(
    sums
      .toString('utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => [line.slice(line.indexOf('  ') + 2), line.slice(0, line.indexOf('  '))]),
  );
  const read = async (name: string): Promise<Buffer> => {
    const bytes = await files.readFile(name);
    if (digestOf(bytes) !== `sha256:${listed.get(name) ?? ''}`)
      throw new SallyportError(
        'DIGEST_MISMATCH',
        `“${name}” is not what ${SUMS} says: one of the two is damaged`,
        { subject: path, hint: 'Carry the bundle over again.' },
      );
    return bytes;
  };
  if ((await read(MARKER)).toString('utf8') !== LAYOUT_MARKER)
    throw invalid(path, `“${MARKER}” is of another version`);
  const info = parseInfo(await read(INFO), path);
  const index = parseEntries(await read(INDEX), `${path} (${INDEX})`);
  const repositories = repositoriesOf(index, `${path} (${INDEX})`);
  const found = await walkManifests(files, { info, index, signal });
  for (const { reference, digest } of info.images) {
    if (!found.manifests.has(digest)) throw invalid(path, `has no manifest of ${reference} (${digest})`);
  }
  return { ...found, info, digest: digestOf(sums), repositories };
}

function parseEntries(bytes: Buffer, where: string): readonly LayoutEntry[] {
  try {
    return parseIndex(bytes, where);
  } catch (cause) {
    throw invalid(where, cause instanceof Error ? cause.message : 'is damaged', cause);
  }
}

function repositoriesOf(
  index: readonly LayoutEntry[],
  where: string,
): Map<string, ReadonlyMap<string, Descriptor>> {
  const repositories = new Map<string, Map<string, Descriptor>>();
  for (const { digest, mediaType, size, name } of index) {
    if (name === undefined) continue;
    const parsed = tryParseReference(name);
    if ('reason' in parsed) throw invalid(where, `the name “${name}” is none: ${parsed.reason}`);
    const repository = nameOf(parsed);
    const tags = repositories.get(repository) ?? new Map<string, Descriptor>();
    repositories.set(repository, tags);
    if (parsed.tag === undefined) continue;
    const before = tags.get(parsed.tag);
    // `name:tag@digest` may stand beside `name:tag`; the one without a digest says what the tag is.
    if (before === undefined || parsed.digest === undefined)
      tags.set(parsed.tag, { mediaType, digest, size });
  }
  return repositories;
}
