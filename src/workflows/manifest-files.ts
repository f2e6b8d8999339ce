import { readdir, readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { checkPath, SallyportError, systemCode } from '../base/index.ts';
import type { ManifestFile } from '../discovery/index.ts';
import type { WorkflowContext } from './context.ts';
import { unreadable } from './files.ts';

/** What kubectl reads from a folder (`-f DIR`): the same three endings. */
const MANIFEST_ENDINGS = ['.yaml', '.yml', '.json'] as const;

/** A manifest larger than this is not one: etcd takes 1.5 MiB per object, the largest bundles hold some hundred. */
const SIZE_LIMIT = 256 * 1024 * 1024;

/**
 * Reads what `-f` names: files, folders (their manifests, deep, sorted by name), globs, and `-` for standard input.
 * Paths in the result are as the user wrote them, so that messages show what was typed.
 * Throws `FILE_NOT_FOUND`, `FILE_UNREADABLE`, `NO_INPUT`, and `USAGE` for what is no path.
 */
export async function readManifestFiles(
  context: WorkflowContext,
  names: readonly string[],
): Promise<ManifestFile[]> {
  const files: ManifestFile[] = [];
  const seen = new Set<string>();
  for (const name of names) {
    checkPath(name);
    for (const path of name === '-' ? ['-'] : await expand(context, name)) {
      const key = path === '-' ? '-' : resolve(context.cwd, path);
      if (seen.has(key)) continue;
      seen.add(key);
      files.push({ path, bytes: path === '-' ? await readStdin(context) : await readOne(context, path) });
    }
  }
  return files;
}

async function expand(context: WorkflowContext, name: string): Promise<string[]> {
  const info = await stat(resolve(context.cwd, name)).catch((cause: unknown) => {
    if (systemCode(cause) === 'ENOENT' || systemCode(cause) === 'ENOTDIR') return undefined;
    throw unreadable(cause, name);
  });
  if (info?.isDirectory() === true) {
    const found = await walk(context.cwd, name);
    if (found.length === 0)
      throw new SallyportError('NO_INPUT', `holds no ${MANIFEST_ENDINGS.join(', ')} file`, { subject: name });
    return found;
  }
  if (info !== undefined) return [name];
  const { default: picomatch } = await import('picomatch');
  if (!picomatch.scan(name).isGlob) throw notFound(name, 'does not exist');
  return glob(context.cwd, name);
}

async function glob(cwd: string, pattern: string): Promise<string[]> {
  const { default: picomatch } = await import('picomatch');
  const { base } = picomatch.scan(pattern);
  const matches = picomatch(pattern, { dot: false });
  const start = base === '' ? '.' : base;
  const all = await walk(cwd, start, () => true).catch((cause: unknown) => {
    throw systemCode(cause) === 'ENOENT' ? notFound(pattern, 'matches no file', cause) : cause;
  });
  const found = all
    .map((path) => (start === '.' ? path.replace(/^\.\//, '') : path))
    .filter((path) => matches(path));
  if (found.length === 0) throw notFound(pattern, 'matches no file');
  return found;
}

async function walk(
  cwd: string,
  folder: string,
  wanted: (name: string) => boolean = isManifest,
): Promise<string[]> {
  const entries = await readdir(resolve(cwd, folder), { withFileTypes: true }).catch((cause: unknown) => {
    throw systemCode(cause) === 'ENOENT' ? cause : unreadable(cause, folder);
  });
  const found: string[] = [];
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(folder, entry.name);
    if (entry.name.startsWith('.')) continue;
    if (entry.isDirectory()) found.push(...(await walk(cwd, path, wanted)));
    else if (wanted(entry.name)) found.push(path);
  }
  return found;
}

function isManifest(name: string): boolean {
  return MANIFEST_ENDINGS.some((ending) => name.endsWith(ending));
}

async function readOne(context: WorkflowContext, path: string): Promise<Buffer> {
  const full = resolve(context.cwd, path);
  try {
    const info = await stat(full);
    if (info.size > SIZE_LIMIT)
      throw new SallyportError(
        'FILE_UNREADABLE',
        `is larger than ${SIZE_LIMIT} bytes, which no manifest is`,
        { subject: path },
      );
    return await readFile(full, context.signal === undefined ? {} : { signal: context.signal });
  } catch (cause) {
    if (cause instanceof SallyportError) throw cause;
    throw systemCode(cause) === 'ENOENT' ? notFound(path, 'does not exist', cause) : unreadable(cause, path);
  }
}

async function readStdin(context: WorkflowContext): Promise<Buffer> {
  if (context.readStdin === undefined)
    throw new SallyportError('NO_INPUT', 'is not available here', { subject: 'standard input' });
  const bytes = await context.readStdin();
  if (bytes.length === 0)
    throw new SallyportError('NO_INPUT', 'is empty', {
      subject: 'standard input',
      hint: 'Pipe manifests in: kubectl kustomize . | sallyport images -f -',
    });
  return bytes;
}

function notFound(subject: string, message: string, cause?: unknown): SallyportError {
  return new SallyportError('FILE_NOT_FOUND', message, {
    subject,
    cause,
    hint: 'Check the path; a folder may be named too, and `-` reads standard input.',
  });
}
