import { combineErrors, SallyportError } from '../../base/index.ts';
import { normalizeReference, parseReference, type Reference } from '../../oci/index.ts';
import { imagesText, whyText } from '../../report/index.ts';
import { type ImagesResult, type ListedImage, listImages } from '../../workflows/index.ts';
import type { ImagesFlags } from '../commands/images.ts';
import { asTyped, loadConfig } from '../config.ts';
import type { CliContext, ExitStatus } from '../context.ts';
import { runCommand, type Session } from './run.ts';

export function images(this: CliContext, flags: ImagesFlags, ...files: string[]): Promise<void> {
  return runCommand(this, flags, async (session) => {
    if (flags.why !== undefined) parsedWhy(flags.why);
    const config = await loadConfig(session, { ...flags, file: [...(flags.file ?? []), ...files] });
    const result = await listImages(session.workflow, {
      config,
      confirm: flags.confirm,
      force: flags.force,
      ...(flags.minConfidence === undefined ? {} : { minConfidence: flags.minConfidence }),
    });
    if (flags.why !== undefined) session.out(why(result, flags.why, session));
    // "No image found" would be said of files that could not be read.
    else if (result.images.length > 0 || result.failures.length === 0 || flags.output !== 'table')
      session.out(imagesText(result, flags.output, session.outStyle));
    return status(result, session);
  });
}

function why(result: ImagesResult, wanted: string, session: Session): string {
  const found = result.images.filter((image) => matches(image, wanted));
  if (found.length > 0) return found.map((image) => whyText(image, session.outStyle)).join('\n');
  const near = result.images
    .filter((image) => image.reference.includes(lastSegment(wanted)))
    .map((image) => image.reference);
  throw new SallyportError('REFERENCE_INVALID', 'is not among the images that were found', {
    subject: wanted,
    hint:
      near.length > 0
        ? `Did you mean ${near.slice(0, 3).join(' or ')}?`
        : 'All that was found is listed by `sallyport images` without --why.',
  });
}

/** A reference as written, normalised, or without its tag and digest. */
function matches(image: ListedImage, wanted: string): boolean {
  if (image.reference === wanted || image.normalized === wanted) return true;
  const parsed = parsedWhy(wanted);
  const own = parseReference(image.normalized);
  if (normalizeReference(parsed) === image.normalized) return true;
  return (
    parsed.tag === undefined &&
    parsed.digest === undefined &&
    parsed.registry === own.registry &&
    parsed.repository === own.repository
  );
}

function parsedWhy(text: string): Reference {
  return asTyped('--why', () => parseReference(text));
}

function lastSegment(reference: string): string {
  return reference.slice(reference.lastIndexOf('/') + 1).split(/[:@]/)[0] ?? reference;
}

function status(result: ImagesResult, session: Session): ExitStatus {
  if (result.failures.length > 0) {
    session.problem(
      combineErrors(
        result.failures,
        `${result.failures.length} documents could not be read as manifests${result.images.length === 0 ? '' : '; what was found in others is listed'}`,
      ),
    );
    return 1;
  }
  if (result.unasked.length > 0) {
    session.problem(
      combineErrors(
        result.unasked,
        `${result.unasked.length} images could not be asked for; the list shows which`,
      ),
    );
    return 1;
  }
  return result.missing > 0 ? 3 : 0;
}
