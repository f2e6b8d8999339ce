import { SallyportError } from '../base/index.ts';
import { tryParseReference } from '../oci/index.ts';
import { openSource, parseConfigDocument } from '../yaml/index.ts';
import {
  child,
  digest,
  entries,
  items,
  lockInvalid,
  maybe,
  needed,
  oneOf,
  type Place,
  size,
  text,
  withKeys,
} from './file-reader.ts';
import { SECRET_NAME } from './names.ts';
import type { Lock, LockedImage, LockedReferrer, LockedUse, LockOrigin, ReasonedReference } from './types.ts';

/**
 * The lock in a file. Throws `LOCK_INVALID` with subject `file:line:column` for what is no lock of this version, unknown keys
 * and one reference locked twice among it. Nothing is taken on trust: digests become paths and requests.
 */
export function readLock(file: { readonly path: string; readonly bytes: Buffer }): Lock {
  const root = openLock(file);
  withKeys(root, ['apiVersion', 'kind', 'metadata', 'madeFrom', 'target', 'platforms', 'images', 'excluded']);
  const apiVersion = oneOf(needed(root, 'apiVersion'), ['sallyport.dev/v1alpha1']);
  const kind = oneOf(needed(root, 'kind'), ['Lock']);
  return {
    apiVersion,
    kind,
    metadata: { name: text(needed(withKeys(needed(root, 'metadata'), ['name']), 'name')) },
    madeFrom: readOrigin(needed(root, 'madeFrom')),
    ...maybe(root, 'target', readTarget),
    platforms: items(needed(root, 'platforms')).map(text),
    images: readImages(needed(root, 'images')),
    excluded: items(needed(root, 'excluded')).map(readReasoned),
  };
}

function openLock(file: { readonly path: string; readonly bytes: Buffer }): Place {
  try {
    const document = parseConfigDocument(openSource(file));
    return { file: file.path, document, path: [], value: document.value };
  } catch (thrown) {
    if (!(thrown instanceof SallyportError)) throw thrown;
    // also what a merge of two branches leaves behind: its markers are no YAML
    throw new SallyportError('LOCK_INVALID', thrown.message, {
      subject: thrown.subject ?? file.path,
      cause: thrown,
    });
  }
}

function readOrigin(place: Place): LockOrigin {
  withKeys(place, ['profile', 'inputs']);
  return {
    ...maybe(place, 'profile', (profile) => {
      withKeys(profile, ['name', 'version', 'platform', 'components']);
      return {
        name: text(needed(profile, 'name')),
        version: text(needed(profile, 'version')),
        platform: text(needed(profile, 'platform')),
        components: Object.fromEntries(
          entries(needed(profile, 'components')).map(([key, value]) => [key, text(value)]),
        ),
      };
    }),
    inputs: items(needed(place, 'inputs')).map((input) => {
      withKeys(input, ['file', 'digest']);
      return { file: text(needed(input, 'file')), digest: digest(needed(input, 'digest')) };
    }),
  };
}

function readTarget(place: Place): NonNullable<Lock['target']> {
  withKeys(place, ['prefix', 'naming', 'reference', 'pullSecret']);
  return {
    prefix: text(needed(place, 'prefix')),
    naming: oneOf(needed(place, 'naming'), ['nested', 'path', 'flat']),
    reference: oneOf(needed(place, 'reference'), ['tag-and-digest', 'digest', 'tag']),
    ...maybe(place, 'pullSecret', (secret) => ({
      name: secretName(needed(withKeys(secret, ['name']), 'name')),
    })),
  };
}

function secretName(place: Place): string {
  const name = text(place);
  if (!SECRET_NAME.pattern.test(name)) throw lockInvalid(place, SECRET_NAME.fault);
  return name;
}

function readImages(place: Place): LockedImage[] {
  const seen = new Set<string>();
  return items(place).map((item) => {
    const image = readImage(item);
    if (seen.has(image.reference))
      throw lockInvalid(needed(item, 'reference'), `names ${image.reference} a second time`);
    seen.add(image.reference);
    return image;
  });
}

function readImage(place: Place): LockedImage {
  withKeys(place, [
    'reference',
    'digest',
    'mediaType',
    'size',
    'platforms',
    'referrers',
    'target',
    'mark',
    'group',
    'condition',
    'uses',
  ]);
  return {
    reference: reference(needed(place, 'reference')),
    digest: digest(needed(place, 'digest')),
    mediaType: text(needed(place, 'mediaType')),
    size: size(needed(place, 'size')),
    platforms: items(needed(place, 'platforms')).map((item) => {
      withKeys(item, ['platform', 'digest', 'size']);
      return {
        platform: text(needed(item, 'platform')),
        digest: digest(needed(item, 'digest')),
        size: size(needed(item, 'size')),
      };
    }),
    referrers: optionalItems(place, 'referrers').map(readReferrer),
    ...maybe(place, 'target', readPushed),
    ...maybe(place, 'mark', (mark) => oneOf(mark, ['always', 'default', 'conditional'])),
    ...maybe(place, 'group', text),
    ...maybe(place, 'condition', text),
    uses: optionalItems(place, 'uses').map(readUse),
  };
}

function readReferrer(place: Place): LockedReferrer {
  withKeys(place, ['digest', 'form', 'artifactType']);
  return {
    digest: digest(needed(place, 'digest')),
    form: oneOf(needed(place, 'form'), ['referrer', 'sig', 'att', 'sbom']),
    ...maybe(place, 'artifactType', text),
  };
}

function readPushed(place: Place): NonNullable<LockedImage['target']> {
  withKeys(place, ['repository', 'tag']);
  const repository = needed(place, 'repository');
  const tag = needed(place, 'tag');
  const parsed = tryParseReference(`${text(repository)}:${text(tag)}`);
  if ('reason' in parsed) throw lockInvalid(place, `is no place to push to: ${parsed.reason}`);
  return { repository: text(repository), tag: text(tag) };
}

function readUse(place: Place): LockedUse {
  withKeys(place, ['file', 'object', 'path', 'how', 'reason']);
  return {
    ...maybe(place, 'file', text),
    ...maybe(place, 'object', text),
    ...maybe(place, 'path', text),
    how: text(needed(place, 'how')),
    ...maybe(place, 'reason', text),
  };
}

function readReasoned(place: Place): ReasonedReference {
  withKeys(place, ['reference', 'reason']);
  return { reference: reference(needed(place, 'reference')), reason: text(needed(place, 'reason')) };
}

function reference(place: Place): string {
  const value = text(place);
  const parsed = tryParseReference(value);
  if ('reason' in parsed) throw lockInvalid(place, `is not an image reference: ${parsed.reason}`);
  return value;
}

/** Empty lists are left out when the lock is written. */
function optionalItems(place: Place, key: string): Place[] {
  const found = child(place, key);
  return found === undefined ? [] : items(found);
}
