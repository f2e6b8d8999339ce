import pLimit from 'p-limit';
import { toSallyportError } from '../base/index.ts';
import type { Config } from '../lock/index.ts';
import { parseReference, selectorOf } from '../oci/index.ts';
import type { WorkflowContext } from './context.ts';
import type { ListedImage } from './images.ts';
import { openRegistries } from './registries.ts';

const AT_ONCE = 32;

/** Asks the source registries for each image by the cheapest question; a registry that does not answer is told with its image and does not end the list. */
export async function confirmImages(
  context: WorkflowContext,
  config: Config,
  images: readonly ListedImage[],
): Promise<ListedImage[]> {
  const registries = openRegistries(context, config.registries);
  const limit = pLimit(AT_ONCE);
  try {
    return await Promise.all(
      images.map((image) =>
        limit(async () => {
          const reference = parseReference(image.normalized);
          try {
            const found = await registries
              .source(reference)
              .resolve(selectorOf(reference), context.signal === undefined ? {} : { signal: context.signal });
            return {
              ...image,
              confirmed: found === undefined ? { exists: false } : { exists: true, digest: found.digest },
            };
          } catch (thrown) {
            context.signal?.throwIfAborted();
            return { ...image, confirmed: { exists: false, failure: toSallyportError(thrown) } };
          }
        }),
      ),
    );
  } finally {
    registries.close();
  }
}
