import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { SallyportError } from '../base/index.ts';
import type { Descriptor } from '../oci/index.ts';
import {
  BlobFiles,
  type Bundle,
  type ContentStore,
  findBundle,
  openBundle,
  openLayout,
} from '../store/index.ts';
import type { WorkflowContext } from './context.ts';

/** Content that lies on this machine already. */
export interface Reuse {
  /** The stores that have a blob, in the order they were named. */
  storesWith(blob: Descriptor): readonly ContentStore[];
  close(): Promise<void>;
}

interface Source {
  readonly store: ContentStore;
  readonly has: (blob: Descriptor) => boolean;
  readonly close: () => Promise<void>;
}

/**
 * Opens folders (OCI layouts, also one of `registry serve`) and bundles for reading. `quiet` is one that need not be there, or be whole: the
 * bundle that is about to be replaced. Throws `FILE_NOT_FOUND`, `BUNDLE_INVALID`.
 */
export async function openReuse(
  context: WorkflowContext,
  names: readonly string[],
  quiet: string,
): Promise<Reuse> {
  const sources: Source[] = [];
  const close = async () => {
    for (const source of sources) await source.close();
  };
  try {
    for (const name of names) {
      const source = await openOne(context, name).catch((cause: unknown) => {
        if (name !== quiet) throw cause;
        // What cannot be read is of no use here, and is about to be replaced.
        return undefined;
      });
      if (source !== undefined) sources.push(source);
    }
  } catch (cause) {
    await close();
    throw cause;
  }
  return {
    storesWith: (blob) => sources.filter(({ has }) => has(blob)).map(({ store }) => store),
    close,
  };
}

async function openOne(context: WorkflowContext, name: string): Promise<Source> {
  const path = resolve(context.cwd, name);
  const info = await stat(path).catch(() => undefined);
  if (info?.isDirectory() === true) return await openFolder(path);
  if (info === undefined && (await findBundle(path)) === undefined)
    throw new SallyportError('FILE_NOT_FOUND', 'does not exist', {
      subject: name,
      hint: 'Name a folder that is an OCI layout, one of `registry serve`, or an earlier bundle.',
    });
  const bundle: Bundle = await openBundle({
    path,
    ...(context.signal === undefined ? {} : { signal: context.signal }),
  });
  return {
    store: bundle.repository(''),
    has: ({ digest, size }) => bundle.blob(digest)?.size === size,
    close: () => bundle.close(),
  };
}

async function openFolder(dir: string): Promise<Source> {
  const layout = await openLayout({ dir, mode: 'read' });
  const there = new Map<string, number | undefined>();
  const files = new BlobFiles({ root: dir, durable: false });
  for await (const digest of files.list()) there.set(digest, await files.size(digest));
  return {
    store: layout.repository(''),
    has: ({ digest, size }) => there.get(digest) === size,
    close: () => layout.close(),
  };
}
