export { formatBytes, parseBytes } from './bytes.ts';
export { type Clock, systemClock } from './clock.ts';
export { ERROR_HINTS, type ErrorCode } from './codes.ts';
export { formatCount } from './counts.ts';
export { parseDuration } from './duration.ts';
export {
  combineErrors,
  type ErrorDetails,
  isAbort,
  SallyportError,
  systemCode,
  toSallyportError,
} from './errors.ts';
export { type EmitEvent, ignoreEvents, type SallyportEvent } from './events.ts';
export {
  at,
  type Fields,
  fieldsOf,
  isFields,
  jsonFields,
  listAt,
  numberAt,
  sameJson,
  textAt,
} from './fields.ts';
export { makeFolder, makeFolderSync } from './folders.ts';
export { compareText } from './order.ts';
export { cacheFolder, homeFolder, namedFolder, stateFolder } from './own-folders.ts';
export { checkPath, NOT_EMPTY } from './paths.ts';
export { printable, redactUrl } from './redact.ts';
export { giveBack, Reusing } from './reusing.ts';
export { type TimeLimit, timeLimit } from './time-limit.ts';
export { whenAborted } from './when-aborted.ts';
