export { cutDocuments, topLevel } from './documents.ts';
export { applyEdits } from './edits.ts';
export { parseDocument } from './parse.ts';
export { type Position, positionOf } from './position.ts';
export { openSource } from './source.ts';
export type * from './types.ts';
