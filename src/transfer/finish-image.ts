import { SallyportError, toSallyportError } from '../base/index.ts';
import { type Digest, formatPlatform } from '../oci/index.ts';
import { copyBlob } from './copy-blob.ts';
import type { RunTools } from './run.ts';
import { hasAtTarget } from './target-questions.ts';
import type { PlannedImage, PlannedManifest } from './types.ts';

/** Codes by which registries say that something below a manifest is not there (distribution-spec v1.1 "Error Codes"). */
const SOMETHING_MISSING = /BLOB_UNKNOWN|MANIFEST_UNKNOWN/;

/** Writes the manifests of an image whose blobs are all there: stage by stage, so that the tag comes last and never names half an image. */
export async function writeManifests(tools: RunTools, image: PlannedImage): Promise<void> {
  const stages = new Map<number, PlannedManifest[]>();
  for (const planned of image.manifests) {
    if (planned.present) continue;
    const together = stages.get(planned.stage);
    if (together === undefined) stages.set(planned.stage, [planned]);
    else together.push(planned);
  }
  for (const stage of [...stages.keys()].sort((a, b) => a - b)) {
    const together = (stages.get(stage) ?? []).map((planned) => writeOnce(tools, image, planned));
    // All have ended before the image is told to have failed: nothing is still being written then.
    await Promise.allSettled(together);
    await Promise.all(together);
  }
}

/** Images that share a repository share what is written there. */
function writeOnce(tools: RunTools, image: PlannedImage, planned: PlannedManifest): Promise<void> {
  const { toRegistry, toRepository } = image.request;
  const key = `${toRegistry}/${toRepository}@${planned.descriptor.digest}:${planned.tag ?? ''}`;
  const known = tools.written.get(key);
  if (known !== undefined) return known;
  const writing = write(tools, image, planned);
  tools.written.set(key, writing);
  return writing;
}

async function write(tools: RunTools, image: PlannedImage, planned: PlannedManifest): Promise<void> {
  try {
    await put(tools, image, planned);
  } catch (thrown) {
    const error = toSallyportError(thrown);
    if (tools.signal.aborted || !SOMETHING_MISSING.test(String(error.facts['codes'] ?? ''))) throw error;
    // A registry that said of something "it is there" and now does not find it (oras-go #1212): bring all of it once more.
    if (!(await bringBelow(tools, image, planned))) throw explained(error, image, planned);
    await put(tools, image, planned).catch((again: unknown) => {
      throw explained(toSallyportError(again), image, planned);
    });
  }
}

async function put(
  tools: RunTools,
  image: PlannedImage,
  { descriptor, manifest, tag }: PlannedManifest,
): Promise<void> {
  const { request } = image;
  tools.signal.throwIfAborted();
  const bytes =
    manifest ??
    (await tools.ask(() => request.from.readManifest(descriptor.digest, { signal: tools.signal })));
  await tools.ask(() =>
    request.to.writeManifest(bytes, { signal: tools.signal, ...(tag === undefined ? {} : { tag }) }),
  );
  tools.count.manifests++;
  tools.emit({
    type: 'manifest',
    digest: descriptor.digest,
    repository: `${request.toRegistry}/${request.toRepository}`,
    state: 'written',
  });
}

/** Writes whatever stands directly below a manifest again; false when there was nothing to bring. */
async function bringBelow(tools: RunTools, image: PlannedImage, planned: PlannedManifest): Promise<boolean> {
  const { request } = image;
  const manifest =
    planned.manifest ??
    (await request.from.readManifest(planned.descriptor.digest, { signal: tools.signal }));
  const { view } = manifest;
  const brought = await Promise.all(planned.blobs.map((blob) => bringBlob(tools, image, blob)));
  if (view.kind === 'image') return brought.includes(true);
  const listed = new Set<Digest>(view.manifests.map(({ digest }) => digest));
  const children = image.manifests.filter(({ descriptor }) => listed.has(descriptor.digest));
  for (const child of children) {
    await bringBelow(tools, image, child);
    await put(tools, image, child);
  }
  return children.length > 0;
}

async function bringBlob(
  tools: RunTools,
  { request: { from, to } }: PlannedImage,
  blob: PlannedManifest['blobs'][number],
): Promise<boolean> {
  if (await tools.ask(() => hasAtTarget(to, blob, tools.signal))) return false;
  const [outcome] = await copyBlob({
    blob,
    from: [from],
    to: [to],
    signal: tools.signal,
    onProgress: tools.bytes.add,
    onResume: () => {},
  });
  if (outcome?.error !== undefined) throw outcome.error;
  tools.count.copied++;
  tools.count.bytes += blob.size;
  return true;
}

/** An index with missing children is allowed by the specification and refused by many registries. */
function explained(
  error: SallyportError,
  image: PlannedImage,
  { manifest }: PlannedManifest,
): SallyportError {
  if (!image.sparse || manifest?.view.kind !== 'index') return error;
  return new SallyportError(
    error.code,
    `${error.message}; this registry takes no index of which only ${image.request.platforms.map(formatPlatform).join(', ')} is there`,
    {
      ...(error.subject === undefined ? {} : { subject: error.subject }),
      hint: 'Copy all platforms of the image: leave --platform out.',
      cause: error,
      facts: error.facts,
    },
  );
}
