export { clusterFacts } from './cluster.ts';
export type { ClusterFacts } from './cluster-facts.ts';
export { resolveProfile } from './resolve.ts';
export type * from './types.ts';
