export { errorData, errorText, sentence } from './errors.ts';
export { imagesData, imagesText, type OutputFormat, whyText } from './images.ts';
export { lockDiffText, lockText } from './lock.ts';
export { mirrorSummary, mirrorText, planText } from './mirror.ts';
export {
  createProgress,
  duration,
  type Progress,
  type ProgressOptions,
  type ProgressSink,
} from './progress.ts';
export { relocateText } from './relocate.ts';
export { PLAIN, paint, type Style } from './style.ts';
export { cells, fit, table } from './table.ts';
