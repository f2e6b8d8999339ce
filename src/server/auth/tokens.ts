import { createHmac, randomBytes } from 'node:crypto';
import { isRepositoryPath } from '../../oci/index.ts';
import type { Access, Action, Permission } from './access.ts';
import { safeEqual } from './passwords.ts';
import type { AccessOf } from './rules.ts';

const ACTIONS: readonly Action[] = ['pull', 'push', 'delete'];

/** What a token says, in the short form it is sent in. */
interface Claims {
  /** User, or null for nobody. */
  readonly sub: string | null;
  /** Seconds since the epoch. */
  readonly exp: number;
  readonly grants: Readonly<Record<string, readonly Action[]>>;
  readonly catalog: boolean;
}

export interface IssuedToken {
  readonly token: string;
  readonly issuedAt: number;
  readonly seconds: number;
}

/**
 * Makes and reads the tokens of this process: claims with an HMAC, of use to nobody else and void after a restart
 * (clients ask for another one then, as for an expired one).
 */
export class Tokens {
  readonly #key = randomBytes(32);
  readonly #seconds: number;
  readonly #now: () => number;
  readonly #accessOf: AccessOf;

  constructor(options: {
    readonly seconds: number;
    readonly now: () => number;
    readonly accessOf: AccessOf;
  }) {
    this.#accessOf = options.accessOf;
    this.#seconds = options.seconds;
    this.#now = options.now;
  }

  /** A token for those of the asked permissions that the user (undefined: nobody) has. */
  issue(user: string | undefined, asked: readonly Permission[]): IssuedToken {
    const access = this.#accessOf(user);
    const issuedAt = this.#now();
    const grants = new Map<string, Action[]>();
    for (const permission of asked) {
      if (permission.kind !== 'repository' || !access.may(permission)) continue;
      const list = grants.get(permission.name) ?? [];
      if (!list.includes(permission.action)) grants.set(permission.name, [...list, permission.action]);
    }
    const claims: Claims = {
      sub: user ?? null,
      exp: Math.floor(issuedAt / 1000) + this.#seconds,
      grants: Object.fromEntries(grants),
      catalog: asked.some((one) => one.kind === 'catalog' && access.may(one)),
    };
    const text = Buffer.from(JSON.stringify(claims)).toString('base64url');
    return { token: `${text}.${this.#sign(text)}`, issuedAt, seconds: this.#seconds };
  }

  /** What the bearer may do; undefined when the token is not ours or its time is over. */
  read(token: string): Access | undefined {
    const dot = token.indexOf('.');
    const text = token.slice(0, Math.max(0, dot));
    if (dot === -1 || !safeEqual(token.slice(dot + 1), this.#sign(text))) return undefined;
    // Signed by us, so it has the shape that we gave it.
    const claims = JSON.parse(Buffer.from(text, 'base64url').toString('utf8')) as Claims;
    if (claims.exp * 1000 <= this.#now()) return undefined;
    const user = claims.sub ?? undefined;
    return {
      user,
      couldMay: (permission) => this.#accessOf(user).may(permission),
      may: (permission) =>
        permission.kind === 'catalog'
          ? claims.catalog
          : Object.hasOwn(claims.grants, permission.name) &&
            (claims.grants[permission.name]?.includes(permission.action) ?? false),
    };
  }

  #sign(text: string): string {
    return createHmac('sha256', this.#key).update(text).digest('base64url');
  }
}

/** Scopes as clients write them: `repository:NAME:pull,push`, several of them in one value or in many. */
export function readScopes(values: readonly string[]): Permission[] {
  return values
    .flatMap((value) => value.split(' '))
    .flatMap((scope): Permission[] => {
      const match = /^(repository(?:\([a-z0-9]+\))?|registry):([^:]+):([a-z*,]*)$/.exec(scope);
      const [, type, name = '', list = ''] = match ?? [];
      if (type === 'registry') return name === 'catalog' ? [{ kind: 'catalog' }] : [];
      if (type === undefined || !isRepositoryPath(name)) return [];
      const asked = list.split(',');
      return ACTIONS.filter((action) => asked.includes(action) || asked.includes('*')).map((action) => ({
        kind: 'repository',
        name,
        action,
      }));
    });
}

/** The scope to ask for, as a challenge names it. Pushing needs pulling too: clients look before they push. */
export function writeScope(permission: Permission): string {
  if (permission.kind === 'catalog') return 'registry:catalog:*';
  return `repository:${permission.name}:${permission.action === 'push' ? 'pull,push' : permission.action}`;
}
