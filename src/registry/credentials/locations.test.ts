import { describe, expect, it } from 'vitest';
import { locations } from './locations.ts';

const paths = (env: Record<string, string>): string[] => locations(env, '/home/u').map(({ path }) => path);

const USUAL = [
  '/home/u/.config/containers/auth.json',
  '/home/u/.docker/config.json',
  '/home/u/.dockercfg',
] as const;

describe('where credentials are looked for', () => {
  it.each([
    ['the usual places', {}, USUAL],
    ['podman’s for a session', { XDG_RUNTIME_DIR: '/run/u' }, ['/run/u/containers/auth.json', ...USUAL]],
    [
      'another folder for settings',
      { XDG_CONFIG_HOME: '/x' },
      ['/x/containers/auth.json', ...USUAL.slice(1)],
    ],
    [
      'empty values, which count as unset',
      { XDG_RUNTIME_DIR: '', XDG_CONFIG_HOME: '', DOCKER_CONFIG: '' },
      USUAL,
    ],
    // XDG Base Directory Specification, “Basics”: relative paths are to be ignored.
    ['relative values of XDG, which do not count', { XDG_RUNTIME_DIR: 'run', XDG_CONFIG_HOME: 'x' }, USUAL],
    // docker and podman take these as they are.
    ['a relative folder of docker', { DOCKER_CONFIG: 'd' }, [USUAL[0], 'd/config.json', USUAL[2]]],
    ['a file that is named', { REGISTRY_AUTH_FILE: 'a.json' }, ['a.json', ...USUAL]],
  ])('%s', (_, env, expected) => {
    expect(paths(env)).toEqual(expected);
  });
});
