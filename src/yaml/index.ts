export { type ConfigDocument, parseConfigDocument, stringifyYaml } from './config.ts';
export { cutDocuments, topLevel } from './documents.ts';
export { applyEdits } from './edits.ts';
export { parseEmbeddedAll } from './embedded.ts';
export { parseDocument } from './parse.ts';
export { positionOf } from './position.ts';
export { openSource } from './source.ts';
export type * from './types.ts';
export { type JsonValue, jsonValueOf } from './values.ts';
