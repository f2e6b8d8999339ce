import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { discover as discoverFiles } from '../../src/discovery/index.ts';
import type { Lock, TargetConfig } from '../../src/lock/index.ts';
import {
  digestOf,
  type Naming,
  normalizeReference,
  parsePrefix,
  parseReference,
  targetRepository,
} from '../../src/oci/index.ts';
import type { Discover, RenderFile, RenderInput } from '../../src/render/index.ts';

/** Looks through one file and fails where it cannot be read. */
export const discover: Discover = (file) => discoverAt(file, []);

function discoverAt(file: Parameters<Discover>[0], prefixes: readonly string[]): ReturnType<Discover> {
  const { discovery, failures } = discoverFiles([file], { prefixes });
  const [first] = failures;
  if (first !== undefined) throw first;
  return discovery;
}

export function renderFile(role: RenderFile['role'], path: string, text: string | Buffer): RenderFile {
  const file = { path, bytes: Buffer.from(text) };
  return { role, file, uses: discover(file).uses };
}

export interface LockWish {
  readonly prefix?: string;
  readonly naming?: Naming;
  readonly reference?: TargetConfig['reference'];
  /** References that the lock leaves out on request. */
  readonly without?: (reference: string) => boolean;
  /** References that no file names. */
  readonly more?: readonly string[];
}

/** A lock of everything that the files name, with digests made from the references. */
export function lockOf(files: readonly RenderFile[], wish: LockWish = {}): Lock {
  const { prefix = 'registry.corp.example/che', naming = 'nested', reference = 'tag-and-digest' } = wish;
  const found = files.flatMap(({ uses }) => uses.map((use) => use.reference));
  const all = [
    ...new Set([...found, ...(wish.more ?? [])].map((text) => normalizeReference(parseReference(text)))),
  ];
  const left = all.filter((one) => wish.without?.(one) === true);
  return {
    apiVersion: 'sallyport.dev/v1alpha1',
    kind: 'Lock',
    metadata: { name: 'test' },
    madeFrom: { inputs: [] },
    target: { prefix, naming, reference },
    platforms: [],
    images: all
      .filter((one) => !left.includes(one))
      .sort()
      .map((one) => {
        const source = parseReference(one);
        const target = targetRepository(parsePrefix(prefix), naming, source);
        const digest = source.digest ?? digestOf(Buffer.from(one));
        return {
          reference: one,
          digest,
          mediaType: 'application/vnd.oci.image.index.v1+json',
          size: 1,
          platforms: [],
          referrers: [],
          target: {
            repository: `${target.registry}/${target.repository}`,
            tag: source.tag ?? `sallyport-${digest.slice(7, 19)}`,
          },
          uses: [],
        };
      }),
    excluded: left.map((one) => ({ reference: one, reason: 'left out by the test' })),
  };
}

/** Everything that rendering needs, from files alone. */
export function renderInput(
  files: readonly RenderFile[],
  more: Partial<Omit<RenderInput, 'config'>> & {
    readonly render?: Partial<RenderInput['config']['render']>;
    readonly secret?: string | undefined;
    readonly wish?: LockWish;
  } = {},
): RenderInput {
  const { render, wish, secret, ...rest } = more;
  const lock = rest.lock ?? lockOf(files, wish);
  const target = lock.target ?? { prefix: '', naming: 'nested', reference: 'tag' };
  return {
    files,
    discover: (file) => discoverAt(file, [target.prefix]),
    ...rest,
    lock,
    config: {
      target: { ...target, ...(secret === undefined ? {} : { pullSecret: { name: secret } }) },
      render: { annotateOriginals: false, nodeConfig: [], ...render },
      registries: {},
    },
  };
}

const UPSTREAM = join(import.meta.dirname, '../../../shared/upstream');

/** A real file of upstream by `<owner>/<repo>/<ref>/<path>`; undefined where the files are not at hand. */
export function upstreamFile(path: string): Buffer | undefined {
  const full = join(UPSTREAM, path);
  return existsSync(full) ? readFileSync(full) : undefined;
}
