import { dirname, isAbsolute, join, relative, resolve } from 'node:path';
import { SallyportError } from '../base/index.ts';
import {
  type Config,
  type ConfigFlags,
  mergeConfig,
  type RegistryConfig,
  readConfig,
} from '../lock/index.ts';
import type { WorkflowContext } from './context.ts';
import { readIfThere } from './files.ts';

/** Where the configuration lies when nothing else is said. */
export const DEFAULT_CONFIG = 'sallyport.yaml';

export interface ConfigRequest {
  /** Named by the user; must exist. Undefined: the default file, where it is there. */
  readonly file?: string;
  readonly flags: ConfigFlags;
}

/**
 * The configuration of a run: the file with what flags say. Flags that name sources are a wish of their own: the default file is then
 * left aside, which is said. A file that was named is always joined, and what both say differently is `CONFLICTING_OPTIONS`.
 * Throws `CONFIG_NOT_FOUND`, `CONFIG_INVALID`, `CONFLICTING_OPTIONS`, `USAGE`.
 */
export async function resolveConfig(context: WorkflowContext, request: ConfigRequest): Promise<Config> {
  const path = request.file ?? DEFAULT_CONFIG;
  const bytes = await readIfThere(resolve(context.cwd, path), path);
  if (bytes === undefined) {
    if (request.file !== undefined)
      throw new SallyportError('CONFIG_NOT_FOUND', 'does not exist', { subject: path });
    return mergeConfig(undefined, request.flags);
  }
  if (request.file === undefined && namesSources(request.flags)) {
    context.emit({
      type: 'note',
      level: 'info',
      subject: path,
      message: 'is not used, because flags say what to work on; join it with -c sallyport.yaml',
    });
    return mergeConfig(undefined, request.flags);
  }
  return mergeConfig(fromHere(await readConfig({ path, bytes }), path, context.cwd), request.flags);
}

/** The configuration file as it was written, or undefined where there is none. */
export function readConfigFile(
  context: WorkflowContext,
  file: string | undefined,
): Promise<Buffer | undefined> {
  const path = file ?? DEFAULT_CONFIG;
  return readIfThere(resolve(context.cwd, path), path);
}

function namesSources(flags: ConfigFlags): boolean {
  return flags.profile !== undefined || (flags.manifests ?? []).length > 0;
}

/** Paths in the file are relative to the file; from here on they are relative to where the command runs. */
function fromHere(config: Config, file: string, cwd: string): Config {
  const folder = dirname(resolve(cwd, file));
  if (folder === cwd) return config;
  const move = (path: string): string =>
    isAbsolute(path) || path === '-' ? path : relative(cwd, join(folder, path)) || '.';
  const { profile } = config.sources;
  const caBundle = profile?.settings.caBundle;
  return {
    ...config,
    sources: {
      ...config.sources,
      manifests: config.sources.manifests.map(move),
      ...(profile === undefined
        ? {}
        : {
            profile: {
              ...profile,
              ...(profile.upstream === undefined || /^https?:/i.test(profile.upstream)
                ? {}
                : { upstream: move(profile.upstream) }),
              ...(caBundle === undefined
                ? {}
                : { settings: { ...profile.settings, caBundle: move(caBundle) } }),
            },
          }),
    },
    registries: Object.fromEntries(
      Object.entries(config.registries).map(([host, registry]) => [host, withFiles(registry, move)]),
    ),
  };
}

function withFiles(registry: RegistryConfig, move: (path: string) => string): RegistryConfig {
  const { caFile, certFile, keyFile, authFile } = registry;
  return {
    ...registry,
    ...(caFile === undefined ? {} : { caFile: move(caFile) }),
    ...(certFile === undefined ? {} : { certFile: move(certFile) }),
    ...(keyFile === undefined ? {} : { keyFile: move(keyFile) }),
    ...(authFile === undefined ? {} : { authFile: move(authFile) }),
  };
}
