import type { SallyportError } from '../base/index.ts';
import type { Confidence, Egress, ImageUse, Unresolved } from '../discovery/index.ts';
import type { ImageMark } from '../facts/index.ts';
import type { Config } from '../lock/index.ts';
import { parsePrefix, parseReference, targetRepository } from '../oci/index.ts';
import type { WorkflowContext } from './context.ts';
import { gatherInputs, type WantedImage, wantedImages } from './inputs.ts';

export interface ImagesOptions {
  readonly config: Config;
  /** Default `likely`. */
  readonly minConfidence?: Confidence;
  /** Asks the registries whether each image is there. */
  readonly confirm?: boolean;
  readonly force?: boolean;
}

/** One distinct reference as written, with everything that names it. */
export interface ListedImage {
  readonly reference: string;
  readonly normalized: string;
  readonly mark?: ImageMark;
  readonly group?: string;
  /** When a conditional image is pulled. */
  readonly condition?: string;
  readonly members?: readonly string[];
  /** Why it is listed although no manifest names it. */
  readonly given?: string;
  /** Why it will not be copied, when it is left out on request. */
  readonly left?: string;
  /** The repository and tag it will have below the target; absent without a target. */
  readonly target?: string;
  /** What the registry answered; absent unless asked. With `failure` it could not be asked, and nothing is known. */
  readonly confirmed?: {
    readonly exists: boolean;
    readonly digest?: string;
    readonly failure?: SallyportError;
  };
  readonly uses: readonly ImageUse[];
}

export interface ImagesResult {
  /** Sorted by reference. */
  readonly images: readonly ListedImage[];
  readonly unresolved: readonly Unresolved[];
  readonly egress: readonly Egress[];
  /** Files that could not be looked through. */
  readonly failures: readonly SallyportError[];
  /** How many references the registries do not have; 0 unless asked. */
  readonly missing: number;
  /** Why some registries could not be asked; empty unless asked. */
  readonly unasked: readonly SallyportError[];
}

/**
 * Lists every image that the inputs name, with where and why. With `confirm`, uses that only their shape speaks for
 * stay in the list only when the registry knows them.
 */
export async function listImages(context: WorkflowContext, options: ImagesOptions): Promise<ImagesResult> {
  const { config } = options;
  const inputs = await gatherInputs(context, options);
  const wanted = wantedImages(inputs, config);
  const listed = wanted
    .flatMap((image) => image.references.map((reference) => list(image, reference, config)))
    .sort((a, b) => (a.reference < b.reference ? -1 : 1));
  // Loaded on use: most listings ask no registry, and then need no client.
  const images =
    options.confirm === true
      ? await (await import('./confirm.ts')).confirmImages(context, config, listed)
      : listed;
  return {
    images: images.filter(
      (image) =>
        !isMissing(image) ||
        image.uses.length === 0 ||
        image.uses.some((use) => use.confidence !== 'possible'),
    ),
    unresolved: inputs.discovery.unresolved,
    egress: inputs.discovery.egress,
    failures: inputs.failures,
    missing: images.filter(isMissing).length,
    unasked: images.flatMap((image) => image.confirmed?.failure ?? []),
  };
}

/** A registry that could not be asked has not said no. */
function isMissing({ confirmed }: ListedImage): boolean {
  return confirmed?.exists === false && confirmed.failure === undefined;
}

function list(image: WantedImage, reference: string, config: Config): ListedImage {
  const known = image.class;
  const target =
    config.target === undefined || image.left !== undefined
      ? undefined
      : targetName(image.normalized, config.target);
  return {
    reference,
    normalized: image.normalized,
    ...(known === undefined ? {} : { mark: known.mark, group: known.group }),
    ...(known?.condition === undefined ? {} : { condition: known.condition }),
    ...(known?.members === undefined ? {} : { members: known.members }),
    ...(image.given === undefined ? {} : { given: image.given.reason }),
    ...(image.left === undefined ? {} : { left: image.left }),
    ...(target === undefined ? {} : { target }),
    uses: image.uses.filter((use) => use.reference === reference),
  };
}

function targetName(normalized: string, target: NonNullable<Config['target']>): string {
  const reference = parseReference(normalized);
  const { registry, repository } = targetRepository(parsePrefix(target.prefix), target.naming, reference);
  return `${registry}/${repository}${reference.tag === undefined ? '' : `:${reference.tag}`}`;
}
