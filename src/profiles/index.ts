export { clusterFacts } from './cluster.ts';
export { resolveProfile } from './resolve.ts';
export type * from './types.ts';
