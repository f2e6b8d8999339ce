export type { Lock, LockDiff } from '../lock/index.ts';
export {
  type Config,
  type ConfigFlags,
  diffLocks,
  type ImageMark,
  parseRegistryFlag,
} from '../lock/index.ts';
export { type ConfigRequest, DEFAULT_CONFIG, resolveConfig } from './config.ts';
export type { WorkflowContext } from './context.ts';
export { type ImagesOptions, type ImagesResult, type ListedImage, listImages } from './images.ts';
export { type InitResult, initConfig } from './init.ts';
export { type LockOptions, type LockResult, makeLock } from './lock.ts';
export { readListFile, readLockFile, writeLockFile } from './lock-file.ts';
export { type MirrorOptions, type MirrorResult, mirrorImages, parseReferenceList } from './mirror.ts';
export { checkOutputFolder } from './output-folder.ts';
export { type RelocateOptions, type RelocateResult, relocate, relocateError } from './relocate.ts';
export {
  type RenderOptions,
  type RenderResult,
  renderFromLock,
  renderStream,
  writeRendered,
} from './render.ts';
export { type ServeOptions, serveRegistry } from './serve.ts';
