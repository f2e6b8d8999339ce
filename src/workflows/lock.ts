import pLimit from 'p-limit';
import { combineErrors, SallyportError, toSallyportError } from '../base/index.ts';
import type { ImageUse } from '../discovery/index.ts';
import type { Config, Lock, LockedImage, LockedUse } from '../lock/index.ts';
import { NO_PULL_SECRET, targetsFor } from '../lock/index.ts';
import { digestOf, formatReference, parseReference, selectorOf } from '../oci/index.ts';
import type { WorkflowContext } from './context.ts';
import { gatherInputs, type Inputs, type WantedImage, wantedImages } from './inputs.ts';
import { openRegistries, type Registries } from './registries.ts';
import { resolveImage } from './resolve.ts';
import { tellUnresolved } from './unresolved.ts';

export interface LockOptions {
  readonly config: Config;
  readonly force?: boolean;
  /** Digests to keep where the reference is unchanged; with `update`, all but those references. */
  readonly previous?: Lock;
  /** References to ask anew although `previous` has them. Empty with `previous`: only what is new is asked. */
  readonly update?: readonly string[];
}

export interface LockResult {
  readonly lock: Lock;
  readonly inputs: Inputs;
  /** Images that could not be resolved; `lock` holds the others. A lock with failures must not be written. */
  readonly failures: readonly SallyportError[];
}

/** Images resolved at once; each takes a handful of small requests, and the session holds each host's own limit. */
const AT_ONCE = 32;

/**
 * Pins every image of the inputs: digest, platforms, sizes and referrers, asked at the source registries.
 * Failures are collected, one bad image does not stop the others.
 */
export async function makeLock(context: WorkflowContext, options: LockOptions): Promise<LockResult> {
  const { config } = options;
  const inputs = await gatherInputs(context, options);
  if (inputs.failures.length > 0)
    throw combineErrors(inputs.failures, 'some files could not be read as manifests');
  tellUnresolved(context, inputs.discovery.unresolved, 'not locked');
  const wanted = wantedImages(inputs, config);
  if (wanted.length === 0)
    context.emit({
      type: 'note',
      level: 'warning',
      message: 'nothing in what is named names an image, so there is nothing to pin',
    });
  const registries = openRegistries(context, config.registries);
  try {
    return await pin(context, options, inputs, wanted, registries);
  } finally {
    registries.close();
  }
}

async function pin(
  context: WorkflowContext,
  options: LockOptions,
  inputs: Inputs,
  wanted: readonly WantedImage[],
  registries: Registries,
): Promise<LockResult> {
  const { config } = options;
  const taken = wanted.filter((image) => image.left === undefined);
  const limit = pLimit(AT_ONCE);
  const failures: SallyportError[] = [];
  const kept = keptImages(options);
  const resolved = await Promise.all(
    taken.map((image) =>
      limit(async () => {
        try {
          return {
            image,
            pinned:
              kept.get(image.normalized) ??
              (await resolveImage(context, registries, image.normalized, config.platforms)),
          };
        } catch (thrown) {
          context.signal?.throwIfAborted();
          failures.push(withUse(toSallyportError(thrown), image));
          return undefined;
        }
      }),
    ),
  );
  const good = resolved.filter((entry) => entry !== undefined);
  const targets =
    config.target === undefined
      ? undefined
      : targetsFor(
          good.map(({ image, pinned }) => ({ reference: image.normalized, digest: pinned.digest })),
          config.target,
        );
  const images = good.map(({ image, pinned }): LockedImage => {
    const target = targets?.get(image.normalized);
    const known = image.class;
    return {
      reference: image.normalized,
      ...pinned,
      ...(target === undefined ? {} : { target }),
      ...(known === undefined ? {} : { mark: known.mark, group: known.group }),
      ...(known?.condition === undefined ? {} : { condition: known.condition }),
      uses: lockedUses(image),
    };
  });
  const lock: Lock = {
    apiVersion: 'sallyport.dev/v1alpha1',
    kind: 'Lock',
    metadata: config.metadata,
    madeFrom: origin(inputs),
    ...(config.target === undefined
      ? {}
      : {
          target: {
            prefix: config.target.prefix,
            naming: config.target.naming,
            reference: config.target.reference,
            pullSecret: config.target.pullSecret ?? { name: NO_PULL_SECRET },
          },
        }),
    platforms: config.platforms,
    images,
    excluded: wanted.flatMap((image) =>
      image.left === undefined ? [] : [{ reference: image.normalized, reason: image.left }],
    ),
  };
  return {
    lock,
    inputs,
    failures: failures.sort((a, b) => ((a.subject ?? '') < (b.subject ?? '') ? -1 : 1)),
  };
}

/** What an earlier lock already knows and nobody asked to move: its answer stays, whatever the tag says today. */
function keptImages({ previous, update }: LockOptions): Map<string, Pinned> {
  if (previous === undefined) return new Map();
  const moving = new Set((update ?? []).map((reference) => formatReference(parseReference(reference))));
  const names = new Set(previous.images.map((image) => image.reference));
  for (const reference of moving) {
    if (!names.has(reference) && !names.has(`${reference}:latest`)) {
      throw new SallyportError('REFERENCE_INVALID', 'is not in the lock', {
        subject: reference,
        hint: 'The references of the lock are listed by `sallyport lock -o name`.',
      });
    }
  }
  return new Map(
    previous.images
      .filter((image) => !moving.has(image.reference) && !moving.has(image.reference.replace(/:latest$/, '')))
      .map(({ reference, digest, mediaType, size, platforms, referrers }) => [
        reference,
        { digest, mediaType, size, platforms, referrers },
      ]),
  );
}

export type Pinned = Pick<LockedImage, 'digest' | 'mediaType' | 'size' | 'platforms' | 'referrers'>;

/** The inputs a lock was made from, with the digests that `checkInputs` compares later. */
export function origin(inputs: Pick<Inputs, 'files' | 'profile'>): Lock['madeFrom'] {
  const { profile } = inputs;
  return {
    ...(profile === undefined
      ? {}
      : {
          profile: {
            name: profile.name,
            version: profile.version,
            platform: profile.platform,
            components: profile.components,
          },
        }),
    inputs: inputs.files.map(({ path, bytes }) => ({
      file: path === '-' ? '(standard input)' : path,
      digest: digestOf(bytes),
    })),
  };
}

function lockedUses(image: WantedImage): LockedUse[] {
  const uses = image.uses.map(lockedUse);
  return image.given === undefined ? uses : [...uses, { how: image.given.how, reason: image.given.reason }];
}

function lockedUse(use: ImageUse): LockedUse {
  const object = use.kind === '' ? use.name : use.name === '' ? use.kind : `${use.kind}/${use.name}`;
  return {
    file: use.file === '-' ? '(standard input)' : use.file,
    ...(object === '' ? {} : { object }),
    path: use.path,
    how: use.how,
  };
}

/** An error about an image names the first place that wants it, which is where the user will look. */
function withUse(error: SallyportError, image: WantedImage): SallyportError {
  const [use] = image.uses;
  const where = use === undefined ? image.given?.reason : `${use.file}:${use.line}:${use.column} ${use.path}`;
  const asked = selectorOf(parseReference(image.normalized));
  const subject = error.subject?.includes(image.normalized) === true ? error.subject : image.normalized;
  return new SallyportError(
    error.code,
    where === undefined ? error.message : `${error.message} (wanted by ${where})`,
    {
      subject,
      hint: error.hint,
      cause: error.cause,
      facts: { ...error.facts, selector: asked },
      parts: error.parts,
    },
  );
}
