import { readFile } from 'node:fs/promises';
import { delimiter, join, resolve } from 'node:path';
import { isFields, SallyportError, systemCode, toSallyportError } from '../../base/index.ts';
import { openSource, parseConfigDocument } from '../../yaml/index.ts';
import type { ClusterEntry, ContextEntry, Entry, Kubeconfig, UserEntry } from './types.ts';

export interface KubeconfigPlace {
  readonly cwd: string;
  readonly homeDir: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** `--kubeconfig`: this file alone, and it must be there. */
  readonly file?: string | undefined;
}

/**
 * Reads kubeconfig files as kubectl does: the one that is named, or the list in KUBECONFIG (missing ones are skipped), or
 * ~/.kube/config. Of several files the first that has a name wins. Undefined when there is none at all. Throws `KUBECONFIG_INVALID`.
 */
export async function readKubeconfig(place: KubeconfigPlace): Promise<Kubeconfig | undefined> {
  const { file, env, homeDir, cwd } = place;
  const list = env['KUBECONFIG'];
  const fromList = (list ?? '').split(delimiter).filter((path) => path !== '');
  const paths =
    file !== undefined ? [file] : fromList.length > 0 ? fromList : [join(homeDir, '.kube', 'config')];
  const parts: { file: string; value: Record<string, unknown> }[] = [];
  for (const path of paths) {
    const value = await readOne(resolve(cwd, path), file !== undefined);
    if (value !== undefined) parts.push({ file: resolve(cwd, path), value });
  }
  if (parts.length === 0) {
    if (fromList.length > 0 && file === undefined)
      throw new SallyportError('KUBECONFIG_INVALID', 'none of the files that KUBECONFIG names is there', {
        subject: fromList.join(', '),
      });
    return undefined;
  }
  const merged = {
    files: parts.map((part) => part.file),
    currentContext: undefined as string | undefined,
    clusters: new Map<string, Entry<ClusterEntry>>(),
    users: new Map<string, Entry<UserEntry>>(),
    contexts: new Map<string, Entry<ContextEntry>>(),
  };
  for (const { file: from, value } of parts) {
    const current = value['current-context'];
    if (typeof current === 'string' && current !== '') merged.currentContext ??= current;
    addEntries(merged.clusters, value['clusters'], 'cluster', from);
    addEntries(merged.users, value['users'], 'user', from);
    addEntries(merged.contexts, value['contexts'], 'context', from);
  }
  return merged;
}

async function readOne(path: string, required: boolean): Promise<Record<string, unknown> | undefined> {
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (cause) {
    const code = systemCode(cause);
    if (!required && (code === 'ENOENT' || code === 'ENOTDIR')) return undefined;
    const message =
      code === 'ENOENT' || code === 'ENOTDIR'
        ? 'does not exist'
        : code === 'EISDIR'
          ? 'is a folder, and a file is expected'
          : `cannot be read (${code ?? 'unknown reason'})`;
    throw new SallyportError('KUBECONFIG_INVALID', message, { subject: path, cause });
  }
  const { value } = parsed(path, bytes);
  if (value === null) return {};
  if (!isFields(value))
    throw new SallyportError('KUBECONFIG_INVALID', 'is not a kubeconfig: a map is expected', {
      subject: path,
    });
  return value;
}

function parsed(path: string, bytes: Buffer): ReturnType<typeof parseConfigDocument> {
  try {
    return parseConfigDocument(openSource({ path, bytes }));
  } catch (thrown) {
    const error = toSallyportError(thrown);
    throw new SallyportError('KUBECONFIG_INVALID', error.message, {
      subject: error.subject ?? path,
      cause: error,
    });
  }
}

function addEntries<T>(into: Map<string, Entry<T>>, list: unknown, key: string, file: string): void {
  if (list === undefined || list === null) return;
  if (!Array.isArray(list))
    throw new SallyportError('KUBECONFIG_INVALID', `\`${key}s\` is not a list`, { subject: file });
  for (const item of list as unknown[]) {
    if (!isFields(item) || typeof item['name'] !== 'string')
      throw new SallyportError('KUBECONFIG_INVALID', `an entry of \`${key}s\` has no name`, {
        subject: file,
      });
    const value = item[key] ?? {};
    if (!isFields(value))
      throw new SallyportError('KUBECONFIG_INVALID', `\`${key}\` of ${item['name']} is not a map`, {
        subject: file,
      });
    if (!into.has(item['name'])) into.set(item['name'], { file, value: value as T });
  }
}
