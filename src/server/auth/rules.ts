import type { Access, Action, Permission } from './access.ts';

/** Grants actions on some repositories. What no rule grants is refused. */
export interface AccessRule {
  /** `*` stands for one component of the name, `**` for any number: `team-a/**`. */
  readonly repositories: string;
  /** Names of users; `anyone` also means those who have not logged in, `users` everybody who has. */
  readonly who: readonly string[] | 'anyone' | 'users';
  readonly actions: readonly Action[];
}

/** Without rules every user may do everything. */
const DEFAULT_RULES: readonly AccessRule[] = [
  { repositories: '**', who: 'users', actions: ['pull', 'push', 'delete'] },
];

const READ_BY_ANYONE: AccessRule = { repositories: '**', who: 'anyone', actions: ['pull'] };

export type AccessOf = (user: string | undefined) => Access;

/** Turns rules into the question what a user may do. */
export function accessByRules(rules: readonly AccessRule[] | undefined, anonymousRead: boolean): AccessOf {
  const compiled = [...(rules ?? DEFAULT_RULES), ...(anonymousRead ? [READ_BY_ANYONE] : [])].map((rule) => ({
    rule,
    pattern: compile(rule.repositories),
  }));
  return (user) => {
    const may = (permission: Permission) =>
      permission.kind === 'catalog'
        ? // The catalog shows every name, so it is for those who may read them all.
          compiled.some(
            ({ rule }) => rule.repositories === '**' && rule.actions.includes('pull') && covers(rule, user),
          )
        : compiled.some(
            ({ rule, pattern }) =>
              rule.actions.includes(permission.action) && covers(rule, user) && pattern.test(permission.name),
          );
    return { user, may, couldMay: may };
  };
}

function covers(rule: AccessRule, user: string | undefined): boolean {
  if (rule.who === 'anyone') return true;
  return user !== undefined && (rule.who === 'users' || rule.who.includes(user));
}

function compile(pattern: string): RegExp {
  const parts = pattern.split('/').map((part) =>
    part === '**'
      ? '.*'
      : part
          .split('*')
          .map((text) => text.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
          .join('[^/]*'),
  );
  // `team/**` is also `team` itself: whoever owns a tree owns its root.
  return new RegExp(`^${parts.join('/').replace(/\/\.\*$/, '(?:/.*)?')}$`);
}
