/**
 * Each use case is loaded when it is first called: listing images should not wait for a registry client, nor `--help` for any of them.
 */

export type {
  ClusterDiff,
  Difference,
  Explain,
  FieldConflict,
  Judged,
  ObjectDiff,
  ObjectName,
  PrunePlan,
  RollbackPlan,
  RollbackResult,
  Verdict,
} from '../cluster/index.ts';
export type { ImageMark } from '../facts/index.ts';
export {
  type Config,
  type ConfigFlags,
  diffLocks,
  type Lock,
  type LockDiff,
  parseRegistryFlag,
} from '../lock/index.ts';
export type { VerifyReport } from '../store/index.ts';
export type { ApplyWorkflowOptions, ApplyWorkflowResult, RollbackWorkflowOptions } from './apply.ts';
export type { BundleCreateOptions, BundleCreateResult } from './bundle-create.ts';
export type { Inventory, InventoryOptions } from './bundle-inventory.ts';
export type { BundleLoadOptions } from './bundle-load.ts';
export type { BundleServeOptions } from './bundle-serve.ts';
export type { BundleDiff, BundleImageView, BundleView } from './bundle-show.ts';
export type { ClusterTarget, ReleaseTarget } from './cluster.ts';
export { type ConfigRequest, DEFAULT_CONFIG, readConfigFile, resolveConfig } from './config.ts';
export type { WorkflowContext } from './context.ts';
export { copyError, relocateError } from './copy-errors.ts';
export type { DiffWorkflowOptions } from './diff.ts';
export type { Finding } from './doctor/check.ts';
export type { PreflightOptions } from './doctor/cluster.ts';
export type { DoctorOptions, DoctorResult } from './doctor/doctor.ts';
export type { GuardOptions, GuardWish } from './guard.ts';
export { type ImagesOptions, type ImagesResult, type ListedImage, listImages } from './images.ts';
export type { InitResult } from './init.ts';
export type { LockOptions, LockResult } from './lock.ts';
export type { MirrorOptions, MirrorResult } from './mirror.ts';
export type { MirrorSource, MirrorTarget } from './mirror-wishes.ts';
export type { OfferOptions } from './offer.ts';
export { notCovered, proofText } from './proof.ts';
export type { GarbageResult, VerifyFolderResult } from './registry-folder.ts';
export type { RelocateOptions, RelocateResult } from './relocate.ts';
export type { RenderOptions, RenderResult } from './render.ts';
export type { RegistryLimits, ServeOptions, Serving } from './serve.ts';
export type { SmokeOptions, SmokeResult } from './smoke.ts';
export type { DescribedFinding, VerifyOptions, VerifyResult } from './verify.ts';

export const initConfig: typeof import('./init.ts').initConfig = async (...call) =>
  (await import('./init.ts')).initConfig(...call);

export const makeLock: typeof import('./lock.ts').makeLock = async (...call) =>
  (await import('./lock.ts')).makeLock(...call);

export const mirrorImages: typeof import('./mirror.ts').mirrorImages = async (...call) =>
  (await import('./mirror.ts')).mirrorImages(...call);

export const renderFromLock: typeof import('./render.ts').renderFromLock = async (...call) =>
  (await import('./render.ts')).renderFromLock(...call);

export const renderStream: typeof import('./render.ts').renderStream = async (...call) =>
  (await import('./render.ts')).renderStream(...call);

export const writeRendered: typeof import('./render.ts').writeRendered = async (...call) =>
  (await import('./render.ts')).writeRendered(...call);

export const relocate: typeof import('./relocate.ts').relocate = async (...call) =>
  (await import('./relocate.ts')).relocate(...call);

export const collectRegistryGarbage: typeof import('./registry-folder.ts').collectRegistryGarbage = async (
  ...call
) => (await import('./registry-folder.ts')).collectRegistryGarbage(...call);

export const verifyRegistryFolder: typeof import('./registry-folder.ts').verifyRegistryFolder = async (
  ...call
) => (await import('./registry-folder.ts')).verifyRegistryFolder(...call);

export const serveRegistry: typeof import('./serve.ts').serveRegistry = async (...call) =>
  (await import('./serve.ts')).serveRegistry(...call);

export const readReferenceList: typeof import('./lock-file.ts').readReferenceList = async (...call) =>
  (await import('./lock-file.ts')).readReferenceList(...call);

export const readLockFile: typeof import('./lock-file.ts').readLockFile = async (...call) =>
  (await import('./lock-file.ts')).readLockFile(...call);

export const writeLockFile: typeof import('./lock-file.ts').writeLockFile = async (...call) =>
  (await import('./lock-file.ts')).writeLockFile(...call);

export const checkOutputFolder: typeof import('./output-folder.ts').checkOutputFolder = async (...call) =>
  (await import('./output-folder.ts')).checkOutputFolder(...call);

export const applyToCluster: typeof import('./apply.ts').applyToCluster = async (...call) =>
  (await import('./apply.ts')).applyToCluster(...call);

export const rollbackCluster: typeof import('./apply.ts').rollbackCluster = async (...call) =>
  (await import('./apply.ts')).rollbackCluster(...call);

export const diffWithCluster: typeof import('./diff.ts').diffWithCluster = async (...call) =>
  (await import('./diff.ts')).diffWithCluster(...call);

export const verifyCluster: typeof import('./verify.ts').verifyCluster = async (...call) =>
  (await import('./verify.ts')).verifyCluster(...call);

export const writeGuard: typeof import('./guard.ts').writeGuard = async (...call) =>
  (await import('./guard.ts')).writeGuard(...call);

export const chectlCommandFor: typeof import('./chectl.ts').chectlCommandFor = async (...call) =>
  (await import('./chectl.ts')).chectlCommandFor(...call);

export const createBundle: typeof import('./bundle-create.ts').createBundle = async (...call) =>
  (await import('./bundle-create.ts')).createBundle(...call);

export const loadBundle: typeof import('./bundle-load.ts').loadBundle = async (...call) =>
  (await import('./bundle-load.ts')).loadBundle(...call);

export const showBundle: typeof import('./bundle-show.ts').showBundle = async (...call) =>
  (await import('./bundle-show.ts')).showBundle(...call);

export const diffBundles: typeof import('./bundle-show.ts').diffBundles = async (...call) =>
  (await import('./bundle-show.ts')).diffBundles(...call);

export const checkBundle: typeof import('./bundle-verify.ts').checkBundle = async (...call) =>
  (await import('./bundle-verify.ts')).checkBundle(...call);

export const serveBundle: typeof import('./bundle-serve.ts').serveBundle = async (...call) =>
  (await import('./bundle-serve.ts')).serveBundle(...call);

export const writeInventory: typeof import('./bundle-inventory.ts').writeInventory = async (...call) =>
  (await import('./bundle-inventory.ts')).writeInventory(...call);

export const readInventory: typeof import('./bundle-inventory.ts').readInventory = async (...call) =>
  (await import('./bundle-inventory.ts')).readInventory(...call);
export const examineRegistry: typeof import('./doctor/doctor.ts').examineRegistry = async (...call) =>
  (await import('./doctor/doctor.ts')).examineRegistry(...call);
export const smokeTest: typeof import('./smoke.ts').smokeTest = async (...call) =>
  (await import('./smoke.ts')).smokeTest(...call);

export const examineCluster: typeof import('./doctor/cluster.ts').examineCluster = async (...call) =>
  (await import('./doctor/cluster.ts')).examineCluster(...call);
