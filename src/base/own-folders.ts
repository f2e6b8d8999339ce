import { isAbsolute, join } from 'node:path';

type Env = Readonly<Record<string, string | undefined>>;

export interface Whereabouts {
  readonly env: Env;
  /** Absolute. */
  readonly homeDir: string;
}

/** Where the program keeps what it may lose. */
export function stateFolder({ env, homeDir }: Whereabouts): string {
  return join(namedFolder(env, 'XDG_STATE_HOME') ?? join(homeDir, '.local', 'state'), 'sallyport');
}

/** Where it keeps what it can make or read again. */
export function cacheFolder({ env, homeDir }: Whereabouts): string {
  return join(namedFolder(env, 'XDG_CACHE_HOME') ?? join(homeDir, '.cache'), 'sallyport');
}

/**
 * The folder that a variable names, if it counts: the XDG Base Directory Specification has empty and relative values ignored, and
 * what is meant for a home folder must not end up in whichever folder the program was started in.
 */
export function namedFolder(env: Env, name: `XDG_${string}` | 'HOME'): string | undefined {
  const told = env[name];
  return told !== undefined && isAbsolute(told) ? told : undefined;
}

/**
 * The user's home folder: HOME, then what `passwd` gives or throws when it knows no such user (a container with a user id of its own);
 * else the root folder, which container runtimes take for HOME in that case too. What cannot be written there is not kept.
 */
export function homeFolder(env: Env, passwd: () => string): string {
  const told = namedFolder(env, 'HOME');
  if (told !== undefined) return told;
  try {
    const known = passwd();
    return isAbsolute(known) ? known : '/';
  } catch {
    // Not known is an answer here: that is what the root folder is for.
    return '/';
  }
}
