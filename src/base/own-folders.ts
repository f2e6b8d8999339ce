import { isAbsolute, join } from 'node:path';

export interface Whereabouts {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly homeDir: string;
}

/** Where the program keeps what it may lose (XDG Base Directory Specification: relative values are to be ignored). */
export function stateFolder({ env, homeDir }: Whereabouts): string {
  return join(base(env['XDG_STATE_HOME'], join(homeDir, '.local', 'state')), 'sallyport');
}

/** Where it keeps what it can make or read again. */
export function cacheFolder({ env, homeDir }: Whereabouts): string {
  return join(base(env['XDG_CACHE_HOME'], join(homeDir, '.cache')), 'sallyport');
}

function base(told: string | undefined, otherwise: string): string {
  return told !== undefined && isAbsolute(told) ? told : otherwise;
}
