export { type AccessEntry, combinedLogLine } from './access-log.ts';
export type { Action } from './auth/access.ts';
export type { AccessRule, AuthOptions } from './auth/index.ts';
export { collectGarbageIn, type FolderGarbage } from './desk/garbage.ts';
export type { Fault, Intercept, Intercepted } from './http/fault.ts';
export type { Sparse } from './routes/context.ts';
export { type ServeStorageOptions, type Serving, serveStorage } from './serve.ts';
export {
  createRegistryServer,
  type RegistryLimits,
  type RegistryServerOptions,
  type RunningRegistry,
} from './server.ts';
export type { RegistryStats } from './stats.ts';
export { bundleStorage } from './storage/bundle-storage.ts';
export { type CheckOptions, checkFolder, type StorageProblem, type StorageReport } from './storage/check.ts';
export type { GarbageOptions, GarbageReport } from './storage/garbage.ts';
export { STORED_LIMITS } from './storage/stored-manifest.ts';
export type { ByteRange, ReadableRepository, ReadableStorage, StoredManifest } from './storage/types.ts';
export { isCertificateName } from './tls/names.ts';
export type { ApiRequest, ApiResponse } from './types.ts';
