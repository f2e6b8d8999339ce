export { type ChectlOptions, chectlCommand, commandLine } from './che/chectl-command.ts';
export type { RenderFile, RenderInput, RenderOutput } from './input.ts';
export type { MirrorJob } from './mirror-job.ts';
export { referencesOf } from './references.ts';
export { render } from './render.ts';
export { rewriteFile } from './rewrite.ts';
export type * from './types.ts';
