import type { Authenticator } from './authenticator.ts';
import { basicAuthenticator } from './basic.ts';
import { bearerAuthenticator } from './bearer.ts';
import { Passwords } from './passwords.ts';
import { type AccessRule, accessByRules } from './rules.ts';
import { Tokens } from './tokens.ts';

export interface AuthOptions {
  /** User names with their passwords as they are. */
  readonly users?: Readonly<Record<string, string>>;
  /** Text of an htpasswd file. */
  readonly htpasswd?: string;
  /** What errors call it. Default `htpasswd`. */
  readonly htpasswdFile?: string;
  /** `basic`: the password with every request; `bearer`: for a token, which then goes with every request. Default `basic`. */
  readonly mode?: 'basic' | 'bearer';
  /** Reading needs no login. */
  readonly anonymousRead?: boolean;
  /** Who may do what where. Default: every user everything. */
  readonly rules?: readonly AccessRule[];
  /** How long a token counts. Default 300. */
  readonly tokenSeconds?: number;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}

/** Throws `CONFIG_INVALID` for an htpasswd text that cannot be used. */
export function makeAuthenticator(options: AuthOptions): Authenticator {
  const passwords = new Passwords(options);
  const accessOf = accessByRules(options.rules, options.anonymousRead ?? false);
  if ((options.mode ?? 'basic') === 'basic') return basicAuthenticator(passwords, accessOf);
  const tokens = new Tokens({ seconds: options.tokenSeconds ?? 300, now: options.now ?? Date.now, accessOf });
  return bearerAuthenticator(passwords, tokens);
}
