import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { SallyportError } from '../base/index.ts';
import {
  type ClusterClient,
  createClusterClient,
  describeName,
  findAccess,
  type KubeObject,
  nameOf,
  readObjects,
  type StatePlace,
} from '../cluster/index.ts';
import type { WorkflowContext } from './context.ts';
import { readManifestFiles } from './manifest-files.ts';

/** Which cluster, as whom. */
export interface ClusterTarget {
  readonly kubeconfig?: string | undefined;
  readonly context?: string | undefined;
  /** For objects that name none. */
  readonly namespace?: string | undefined;
}

/** Which set of objects is meant, and where the cluster keeps what is known about it. */
export interface ReleaseTarget {
  readonly release: string;
  readonly stateNamespace: string;
}

/** A client for the cluster that is meant; nothing is asked yet. Throws `KUBECONFIG_INVALID`, `CREDENTIALS_INVALID`. */
export async function openCluster(context: WorkflowContext, target: ClusterTarget): Promise<ClusterClient> {
  const access = await findAccess({
    cwd: context.cwd,
    homeDir: context.homeDir,
    env: context.env,
    file: target.kubeconfig,
    context: target.context,
    namespace: target.namespace,
  });
  return createClusterClient({
    access,
    userAgent: context.userAgent,
    env: context.env,
    clock: context.clock,
    emit: context.emit,
  });
}

/** A DNS label, because it becomes part of names and a label's value. */
const RELEASE = /^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$/;

export function statePlace(client: ClusterClient, { release, stateNamespace }: ReleaseTarget): StatePlace {
  if (!RELEASE.test(release))
    throw new SallyportError('USAGE', `--release ${release} is not a name`, {
      hint: 'Use lower-case letters, digits and -, at most 40 of them.',
    });
  return { client, namespace: stateNamespace, release };
}

/**
 * The objects of what the user names: an output folder of `render` (its manifests, and its pull secrets when they hold credentials), or
 * any files, folders and globs. Throws what `readManifestFiles` and `readObjects` throw, `NO_INPUT`.
 */
export async function readClusterObjects(
  context: WorkflowContext,
  names: readonly string[],
): Promise<KubeObject[]> {
  if (names.length === 0) throw new SallyportError('NO_INPUT', 'nothing says what to apply', NO_NAMES);
  const paths = (await Promise.all(names.map((name) => partsOf(context, name)))).flat();
  const files = await readManifestFiles(context, paths);
  const objects = readObjects(files).map(({ object }) => object);
  const real = objects.filter((object) => !isPlaceholder(object));
  for (const object of objects)
    if (isPlaceholder(object))
      context.emit({
        type: 'note',
        level: 'info',
        subject: describeName(nameOf(object)),
        message:
          'is a placeholder without credentials and is left out; the README of the folder says how to make it, and `render --with-credentials` writes the real one',
      });
  if (real.length === 0)
    throw new SallyportError('NO_INPUT', 'there is no object in what is named', NO_NAMES);
  return real;
}

const NO_NAMES = {
  hint: 'Name the output folder of `sallyport render`, or manifests with -f FILE.',
} as const;

/** The parts of an output folder that are applied; anything else stands for itself. */
async function partsOf(context: WorkflowContext, name: string): Promise<readonly string[]> {
  if (name === '-' || !(await isFolder(join(resolve(context.cwd, name), 'manifests')))) return [name];
  const secrets = join(name, 'secrets');
  return [join(name, 'manifests'), ...((await isFolder(resolve(context.cwd, secrets))) ? [secrets] : [])];
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (info) => info.isDirectory(),
    () => false,
  );
}

/** What `render` writes where it knows no credentials: applying it would take the real ones away. */
function isPlaceholder(object: KubeObject): boolean {
  if (object.kind !== 'Secret') return false;
  const text = (object['stringData'] as Record<string, unknown> | undefined)?.['.dockerconfigjson'];
  return typeof text === 'string' && /^\{\s*"auths"\s*:\s*\{\s*\}\s*\}$/.test(text.trim());
}
