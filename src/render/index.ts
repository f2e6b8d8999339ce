export { type Closure, type ClosureOptions, proveClosure } from './closure.ts';
export type { PlatformFacts, PullSecretPlace, RuntimeAccount, RuntimeNamespace } from './facts.ts';
export { referencesOf } from './references.ts';
export { editsFor, type RewriteOptions, type Rewritten, rewriteFile } from './rewrite.ts';
export type * from './types.ts';
export { verifyRewrite } from './verify-rewrite.ts';
