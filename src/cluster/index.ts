export { type ClientOptions, createClusterClient } from './client/client.ts';
export type { FieldConflict } from './client/failure.ts';
export { type AccessRequest, findAccess } from './kubeconfig/access.ts';
export type { ClusterAccess } from './kubeconfig/types.ts';
export type * from './types.ts';
