import { type Config, type Lock, writeLock } from '../lock/index.ts';
import { OWN_FOLDER } from '../store/index.ts';
import type { WorkflowContext } from './context.ts';
import { gatherInputs, type Inputs } from './inputs.ts';
import { renderFromLock } from './render.ts';

/** Where the lock lies in a bundle. */
export const BUNDLED_LOCK = `${OWN_FOLDER}sallyport.lock.yaml`;

export interface BundleFilesOptions {
  readonly config: Config;
  readonly lock: Lock;
  /** Read already, by whoever made the lock a moment ago. */
  readonly inputs?: Inputs;
  /** The configuration as it was written, where there is a file. */
  readonly configFile?: Buffer;
  /** Without them only the lock and the configuration travel. */
  readonly manifests: boolean;
}

/**
 * What travels beside the images: the lock, the configuration, the manifests as they were read, and as they are rendered for the lock's target.
 * The other side can apply them without any network. Throws what rendering throws.
 */
export async function bundleFiles(
  context: WorkflowContext,
  options: BundleFilesOptions,
): Promise<{ readonly name: string; readonly bytes: Buffer }[]> {
  const { config, lock, configFile } = options;
  const files = [
    { name: BUNDLED_LOCK, bytes: writeLock(lock) },
    ...(configFile === undefined ? [] : [{ name: `${OWN_FOLDER}sallyport.yaml`, bytes: configFile }]),
  ];
  if (!options.manifests) return files;
  const { profile, manifests } = config.sources;
  if (profile === undefined && manifests.length === 0) {
    tell(context, 'holds no manifests, because neither the configuration nor a flag names any');
    return files;
  }
  const inputs = options.inputs ?? (await gatherInputs(context, { config }));
  files.push(...placed('inputs', inputs.files));
  if (lock.target === undefined) {
    tell(context, 'holds the manifests as they are: the lock names no target to render them for');
    return files;
  }
  const rendered = await renderFromLock(context, {
    config,
    lock,
    ...(options.inputs === undefined ? {} : { inputs }),
  });
  return [...files, ...placed('rendered', rendered.files)];
}

function placed(
  folder: string,
  files: readonly { readonly path: string; readonly bytes: Buffer }[],
): { readonly name: string; readonly bytes: Buffer }[] {
  const taken = new Set<string>();
  return files.map(({ path, bytes }) => {
    const safe = safePath(path);
    let name = `${OWN_FOLDER}${folder}/${safe}`;
    for (let number = 2; taken.has(name); number++) name = `${OWN_FOLDER}${folder}/${number}-${safe}`;
    taken.add(name);
    return { name, bytes };
  });
}

/** A path of the user as one below a folder: nothing in it leads out, and every file system takes it. */
function safePath(path: string): string {
  if (path === '-') return 'standard-input.yaml';
  const parts = path
    .replace(/^[A-Za-z]:/, '')
    .split(/[/\\]/)
    .map((part) => part.replace(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069\ufffd:*?"<>|]/g, '_'))
    .filter((part) => part !== '' && part !== '.' && part !== '..');
  return parts.length === 0 ? 'unnamed' : parts.join('/');
}

function tell(context: WorkflowContext, message: string): void {
  context.emit({ type: 'note', level: 'info', subject: 'the bundle', message });
}
