export { type AuthOptions, makeAuthenticator } from './make.ts';
export type { AccessRule } from './rules.ts';
