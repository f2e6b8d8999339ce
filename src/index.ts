/**
 * The library: what the command line does, as functions from values to data. Nothing here prints, exits or reads the process.
 * Every failure is a `SallyportError` with a code that does not change between versions.
 */
export {
  type Clock,
  type EmitEvent,
  ERROR_HINTS,
  type ErrorCode,
  formatBytes,
  ignoreEvents,
  SallyportError,
  type SallyportEvent,
  systemClock,
} from './base/index.ts';
export {
  type AccessRequest,
  type ClusterAccess,
  type ClusterClient,
  createClusterClient,
  findAccess,
  type KubeObject,
  type ObjectName,
} from './cluster/index.ts';
export {
  type Confidence,
  type Discovered,
  type DiscoverOptions,
  type Discovery,
  discover,
  type Egress,
  type How,
  type ImageUse,
  type ManifestFile,
  type ReferencePart,
  type Unresolved,
} from './discovery/index.ts';
export {
  type Config,
  type ConfigFlags,
  diffLocks,
  type Lock,
  type LockDiff,
  type LockedImage,
  type LockedPlatform,
  type LockedReferrer,
  type LockedUse,
  mergeConfig,
  type RegistryConfig,
  readConfig,
  readLock,
  type TargetConfig,
  writeLock,
} from './lock/index.ts';
export {
  type Descriptor,
  type Digest,
  formatReference,
  type Naming,
  normalizeReference,
  type Platform,
  parseReference,
  type RawManifest,
  type Reference,
  tryParseReference,
} from './oci/index.ts';
export type { OutputFile } from './render/index.ts';
export {
  createRegistryServer,
  type RegistryServerOptions,
  type RunningRegistry,
} from './server/index.ts';
export {
  type CopiedImage,
  type CopyResult,
  describePlan,
  type Plan,
  type PlannedBlob,
  type PlannedImage,
} from './transfer/index.ts';
export {
  type ConfigRequest,
  type DoctorOptions,
  type DoctorResult,
  examineRegistry,
  type Finding,
  type ImagesOptions,
  type ImagesResult,
  type ListedImage,
  type LockOptions,
  type LockResult,
  listImages,
  type MirrorOptions,
  type MirrorResult,
  makeLock,
  mirrorImages,
  type RelocateOptions,
  type RelocateResult,
  type RenderOptions,
  type RenderResult,
  relocate,
  renderFromLock,
  resolveConfig,
  type WorkflowContext,
} from './workflows/index.ts';
