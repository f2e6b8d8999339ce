export { PROFILE_NAMES, resolveProfile } from './resolve.ts';
export type * from './types.ts';
