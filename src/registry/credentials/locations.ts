import { join } from 'node:path';
import { namedFolder } from '../../base/index.ts';

export interface Location {
  readonly path: string;
  readonly format: 'config' | 'legacy';
  /** Named by the user: it is wrong when it is not there. */
  readonly required: boolean;
}

type Env = Readonly<Record<string, string | undefined>>;

/**
 * Where credentials are looked for, in order, first match wins: containers-auth.json(5), then docker's own places
 * (go-containerregistry asks docker first; podman, skopeo and buildah do not).
 */
export function locations(env: Env, homeDir: string): readonly Location[] {
  const set = (name: string): string | undefined => (env[name] === '' ? undefined : env[name]);
  const named = set('REGISTRY_AUTH_FILE');
  const runtime = namedFolder(env, 'XDG_RUNTIME_DIR');
  const optional = (path: string, format: Location['format'] = 'config'): Location => ({
    path,
    format,
    required: false,
  });
  return [
    ...(named === undefined ? [] : [{ path: named, format: 'config', required: true } as const]),
    ...(runtime === undefined ? [] : [optional(join(runtime, 'containers/auth.json'))]),
    optional(join(namedFolder(env, 'XDG_CONFIG_HOME') ?? join(homeDir, '.config'), 'containers/auth.json')),
    optional(join(set('DOCKER_CONFIG') ?? join(homeDir, '.docker'), 'config.json')),
    optional(join(homeDir, '.dockercfg'), 'legacy'),
  ];
}
