import type { Scope } from '../types.ts';

/**
 * The token scope of a need, e.g. `repository:a/b:pull,push` (distribution docs/content/spec/auth/scope.md). Deleting asks for all
 * three: distribution wants `delete` to cancel an upload, others `push`.
 */
function toText({ repository, actions }: Scope): string {
  return `repository:${repository}:${actions === 'delete' ? 'pull,push,delete' : actions}`;
}

/** Scopes as texts in the order given, each once: registries that read only one read the first. */
export function scopeTexts(scopes: readonly Scope[]): readonly string[] {
  return [...new Set(scopes.map(toText))];
}

/** One key for the same set of scopes in any order. */
export function scopeKey(texts: readonly string[]): string {
  return [...texts].sort().join(' ');
}

/** The scopes that a challenge names (`scope="a b"`), of the shape type:name:actions; anything else is not repeated to a token service. */
export function challengedScopes(scope: string | undefined): readonly string[] {
  return (scope ?? '').split(/\s+/).filter((text) => /^[A-Za-z0-9()_-]+:[!-~]+:[A-Za-z0-9,*_-]*$/.test(text));
}

/** What a challenge asks beyond `texts`, before `texts`: it is what the registry says that it needs. */
export function widen(texts: readonly string[], challenged: readonly string[]): readonly string[] {
  const missing = challenged.filter((wanted) => !texts.some((text) => covers(text, wanted)));
  return [...new Set([...missing, ...texts])];
}

function covers(text: string, wanted: string): boolean {
  const [has, need] = [split(text), split(wanted)];
  return has.name === need.name && need.actions.every((action) => has.actions.includes(action));
}

function split(text: string): { readonly name: string; readonly actions: readonly string[] } {
  const colon = text.lastIndexOf(':');
  return { name: text.slice(0, colon), actions: text.slice(colon + 1).split(',') };
}
