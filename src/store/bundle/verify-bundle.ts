import { dirname, join } from 'node:path';
import { giveBack, SallyportError, toSallyportError } from '../../base/index.ts';
import { type Digest, digestAlgorithm, digestHex, hashFor } from '../../oci/index.ts';
import type { ByteFile } from './byte-file.ts';
import type { BundleEntry } from './layout.ts';
import { digestOfName, SUMS, SUMS_512 } from './names.ts';
import { type Bundle, openBundle } from './open.ts';
import type { BundleParts } from './parts.ts';
import { findPieces, partProblem } from './pieces.ts';
import { sumsOf } from './sums.ts';
import { padding } from './tar-header.ts';

export interface VerifyReport {
  /** Absent when the structure is so damaged that it cannot be read. */
  readonly digest?: Digest;
  readonly files: number;
  /** Bytes that were looked at. */
  readonly bytes: number;
  /** What is wrong, each with its place; empty: every byte is as it was made. */
  readonly problems: readonly SallyportError[];
}

/**
 * Reads every byte of a bundle and finds any that is not as it was made: headers and the end by comparing them with what a writer makes, blobs by
 * their names, other files by `SHA256SUMS`, that by all others, padding by being zero, parts by their index. Asks no network.
 * Throws `FILE_NOT_FOUND`, `FILE_UNREADABLE`.
 */
export async function verifyBundle(options: {
  readonly path: string;
  readonly signal?: AbortSignal;
  readonly onBytes?: (count: number) => void;
}): Promise<VerifyReport> {
  const { path, signal, onBytes = () => undefined } = options;
  const problems: SallyportError[] = [];
  let found: Awaited<ReturnType<typeof findPieces>>;
  try {
    found = await findPieces(path);
  } catch (thrown) {
    return { files: 0, bytes: 0, problems: [problemOrThrow(thrown)] };
  }
  if (found.parts !== undefined) problems.push(...(await partProblems(path, found.parts, signal)));
  // The damage of a part would only be told once more, in other words.
  if (problems.length > 0) return { files: 0, bytes: found.parts?.size ?? 0, problems };
  let bundle: Bundle;
  try {
    bundle = await openBundle({ path, ...(signal === undefined ? {} : { signal }) });
  } catch (thrown) {
    return { files: 0, bytes: 0, problems: [problemOrThrow(thrown)] };
  }
  try {
    const hashes = await hashAll(bundle, problems, signal, onBytes);
    problems.push(...(await sumProblems(bundle, hashes)));
    return { digest: bundle.digest, files: bundle.entries.size, bytes: bundle.size, problems };
  } finally {
    await bundle.close();
  }
}

/** Damage is what was asked for; what cannot be read at all is a failure. */
function problemOrThrow(thrown: unknown): SallyportError {
  const error = toSallyportError(thrown);
  if (DAMAGE.has(error.code)) return error;
  throw thrown;
}

const DAMAGE: ReadonlySet<string> = new Set([
  'BUNDLE_INVALID',
  'DIGEST_MISMATCH',
  'SIZE_MISMATCH',
  'MANIFEST_INVALID',
  'UNSUPPORTED_MEDIA_TYPE',
]);

async function partProblems(
  path: string,
  { parts }: BundleParts,
  signal: AbortSignal | undefined,
): Promise<SallyportError[]> {
  const problems: SallyportError[] = [];
  for (const part of parts) {
    const file = join(dirname(path), part.file);
    const problem = await partProblem(file, part, signal);
    if (problem !== undefined)
      problems.push(
        new SallyportError('BUNDLE_INVALID', problem, {
          subject: file,
          hint: 'Carry this part over again; if it is damaged at its source too, run the same `bundle create` there, which makes only it.',
        }),
      );
  }
  return problems;
}

/** Hashes every file. Gives those of files that are no blobs; a blob's is compared at once. */
async function hashAll(
  bundle: Bundle,
  problems: SallyportError[],
  signal: AbortSignal | undefined,
  onBytes: (count: number) => void,
): Promise<Map<string, Digest>> {
  const hashes = new Map<string, Digest>();
  for (const entry of bundle.entries.values()) {
    const blob = digestOfName(entry.name);
    const hash = hashFor(blob ?? `sha256:${'0'.repeat(64)}`);
    const content = bundle.file.stream(entry.data, entry.data + entry.size, { signal });
    for await (const chunk of content as AsyncIterable<Buffer>) {
      hash.update(chunk);
      onBytes(chunk.length);
      giveBack(content, chunk);
    }
    signal?.throwIfAborted();
    const found = hash.digest('hex');
    if (blob === undefined) hashes.set(entry.name, `sha256:${found}`);
    else if (found !== digestHex(blob))
      problems.push(damaged(bundle, entry, `its ${digestAlgorithm(blob)} hash is ${found}`));
    if (!(await isZero(bundle.file, entry)))
      problems.push(damaged(bundle, entry, 'the padding behind it is not zero'));
  }
  return hashes;
}

async function isZero(file: ByteFile, { data, size }: BundleEntry): Promise<boolean> {
  return (await file.read(data + size, padding(size))).every((byte) => byte === 0);
}

/** `SHA256SUMS` must be what it would be for what is there; where it is not, the lines that differ say which files are meant. */
async function sumProblems(bundle: Bundle, hashes: ReadonlyMap<string, Digest>): Promise<SallyportError[]> {
  const blobs = [...bundle.entries.keys()].flatMap((name) => digestOfName(name) ?? []);
  const files = [...hashes]
    .filter(([name]) => name !== SUMS && name !== SUMS_512)
    .map(([name, digest]) => ({ name, digest }));
  const problems: SallyportError[] = [];
  for (const { name, bytes } of sumsOf(files, blobs)) {
    const entry = bundle.entries.get(name);
    const there = entry === undefined ? Buffer.alloc(0) : await bundle.file.read(entry.data, entry.size);
    if (there.equals(bytes)) continue;
    const listed = new Set(there.toString('utf8').split('\n'));
    const differ = bytes
      .toString('utf8')
      .split('\n')
      .filter((line) => !listed.has(line))
      .map((line) => line.slice(line.indexOf('  ') + 2));
    problems.push(
      new SallyportError(
        'DIGEST_MISMATCH',
        `${name} and the files disagree${differ.length === 0 ? '' : ` about ${differ.slice(0, 5).join(', ')}`}${differ.length > 5 ? ` and ${differ.length - 5} more` : ''}: one of them is damaged`,
        { subject: bundle.path, hint: HINT },
      ),
    );
  }
  if (bundle.entries.has(SUMS_512) && !blobs.some((digest) => digestAlgorithm(digest) === 'sha512'))
    problems.push(
      new SallyportError('BUNDLE_INVALID', `${SUMS_512} belongs to no blob`, {
        subject: bundle.path,
        hint: HINT,
      }),
    );
  return problems;
}

const HINT = 'Carry the bundle over again.';

function damaged(bundle: Bundle, entry: BundleEntry, reason: string): SallyportError {
  return new SallyportError('DIGEST_MISMATCH', `“${entry.name}” is damaged: ${reason}`, {
    subject: `${bundle.path} at byte ${entry.data}`,
    hint: HINT,
  });
}
