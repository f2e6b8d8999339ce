export {
  bundleCreateText,
  bundleDiffText,
  bundleInspectText,
  bundleListText,
  bundleVerifyText,
} from './bundle.ts';
export { applyText, clusterDiffText, prunePlanText, rollbackPlanText, rollbackText } from './cluster.ts';
export { doctorText } from './doctor.ts';
export { errorText } from './errors.ts';
export { imagesText, type OutputFormat, whyText } from './images.ts';
export { lockDiffText, lockText } from './lock.ts';
export { mirrorText, planText } from './mirror.ts';
export {
  createProgress,
  type Progress,
  type ProgressOptions,
  type ProgressSink,
} from './progress.ts';
export { garbageText, verifyFolderText } from './registry-folder.ts';
export { relocateText } from './relocate.ts';
export type { Style } from './style.ts';
export { discoveredText, verifyText } from './verify.ts';
