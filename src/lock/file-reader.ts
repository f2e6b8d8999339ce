import { printable, SallyportError } from '../base/index.ts';
import { type Digest, isDigest } from '../oci/index.ts';
import type { ConfigDocument } from '../yaml/index.ts';

/** A value of the lock with the place it stands at; every reader of this file says where it does not fit. */
export interface Place {
  readonly file: string;
  readonly document: ConfigDocument;
  readonly path: readonly (string | number)[];
  readonly value: unknown;
}

/** The error at a place: subject `file:line:column`, or the file alone when the place is unknown. */
export function lockInvalid(place: Omit<Place, 'value'>, reason: string): SallyportError {
  const { document, path, file } = place;
  let at = document.positionOfPath(path);
  for (let length = path.length - 1; at === undefined && length >= 0; length--) {
    at = document.keyPositionOfPath(path.slice(0, length)) ?? document.positionOfPath(path.slice(0, length));
  }
  const name = path.reduce<string>(
    (text, step) => (typeof step === 'number' ? `${text}[${step}]` : text === '' ? step : `${text}.${step}`),
    '',
  );
  return new SallyportError('LOCK_INVALID', name === '' ? reason : `${printable(name)} ${reason}`, {
    subject: at === undefined ? file : `${file}:${at.line}:${at.column}`,
  });
}

/** The value below a key of a mapping; undefined when the key is absent. */
export function child(place: Place, key: string): Place | undefined {
  const value = mapping(place)[key];
  return value === undefined ? undefined : { ...place, path: [...place.path, key], value };
}

/** The value below a key that has to be there. */
export function needed(place: Place, key: string): Place {
  const found = child(place, key);
  if (found === undefined) throw lockInvalid({ ...place, path: [...place.path, key] }, 'is missing');
  return found;
}

/** The place as a mapping that has no other keys: what is not understood would be lost by writing the lock again. */
export function withKeys(place: Place, keys: readonly string[]): Place {
  for (const key of Object.keys(mapping(place))) {
    if (!keys.includes(key))
      throw lockInvalid({ ...place, path: [...place.path, key] }, 'is not a key of this lock format');
  }
  return place;
}

export function items(place: Place): Place[] {
  if (!Array.isArray(place.value)) throw lockInvalid(place, 'is not a list');
  return place.value.map((value: unknown, index) => ({ ...place, path: [...place.path, index], value }));
}

export function entries(place: Place): [string, Place][] {
  return Object.entries(mapping(place)).map(([key, value]) => [
    key,
    { ...place, path: [...place.path, key], value },
  ]);
}

export function text(place: Place): string {
  if (typeof place.value !== 'string') throw lockInvalid(place, 'is not text');
  return place.value;
}

export function oneOf<const T extends string>(place: Place, values: readonly T[]): T {
  const found = values.find((value) => value === place.value);
  if (found === undefined) throw lockInvalid(place, `is none of ${values.join(', ')}`);
  return found;
}

export function digest(place: Place): Digest {
  const value = text(place);
  if (!isDigest(value)) throw lockInvalid(place, 'is not a sha256 or sha512 digest');
  return value;
}

/** A number of bytes. */
export function size(place: Place): number {
  const { value } = place;
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0)
    throw lockInvalid(place, 'is not a number of bytes');
  return value;
}

/** `{ key: read(…) }` when the key is there, else nothing: for optional keys. */
export function maybe<K extends string, T>(
  place: Place,
  key: K,
  read: (place: Place) => T,
): { [P in K]?: T } {
  const found = child(place, key);
  return found === undefined ? {} : ({ [key]: read(found) } as { [P in K]: T });
}

function mapping(place: Place): Record<string, unknown> {
  const { value } = place;
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw lockInvalid(place, 'is not a mapping');
  return value as Record<string, unknown>;
}
