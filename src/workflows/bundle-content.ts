import { SallyportError } from '../base/index.ts';
import type { Lock } from '../lock/index.ts';
import {
  type Descriptor,
  type Digest,
  formatPlatform,
  formatReference,
  type Platform,
  parseReference,
  type RawManifest,
} from '../oci/index.ts';
import { referencesOf } from '../render/index.ts';
import {
  type BundleContent,
  type BundledImage,
  type BundleFormat,
  DOCKER_MANIFEST,
  type NamedManifest,
  type OmittedBlob,
} from '../store/index.ts';
import type { Plan, PlannedImage } from '../transfer/index.ts';
import { type DockerImage, dockerImage, imageFor, needed } from './bundle-docker.ts';

export interface BundleContentOptions {
  readonly plan: Plan;
  readonly lock: Lock;
  readonly format: BundleFormat;
  readonly platforms: readonly Platform[];
  readonly files: BundleContent['files'];
  readonly omitted: readonly OmittedBlob[];
}

/** What a bundle will hold, from what the plan found. Throws `UNSUPPORTED_MEDIA_TYPE` for what the format cannot take. */
export function bundleContent(options: BundleContentOptions): BundleContent {
  const { plan, lock, format, platforms } = options;
  const byReference = new Map(lock.images.map((image) => [image.reference, image]));
  const images: BundledImage[] = [];
  const index: NamedManifest[] = [];
  const manifests = new Map<Digest, RawManifest>();
  const docker: DockerImage[] = [];
  const namesOnNodes = nodeNames(lock);
  for (const image of plan.images) {
    const { source } = image.request;
    const target = byReference.get(source)?.target;
    const known = manifestsOf(image);
    const whole = manifestIn(known, image.digest, source);
    const single = platforms.length === 1 ? imageFor(known, whole, platforms) : undefined;
    const entry = single === undefined ? undefined : dockerImage(source, single);
    const root = format === 'docker-archive' ? needed(single, entry, { source, platforms }) : whole;
    images.push({
      reference: source,
      digest: root.descriptor.digest,
      ...(target === undefined ? {} : { target }),
    });
    const nodeName = root === whole ? namesOnNodes(source) : undefined;
    index.push({ descriptor: root.descriptor, name: source });
    if (nodeName !== undefined) index.push({ descriptor: root.descriptor, name: source, nodeName });
    if (entry !== undefined) docker.push(entry);
    if (format === 'docker-archive') {
      manifests.set(root.descriptor.digest, root);
      continue;
    }
    for (const [digest, manifest] of known) manifests.set(digest, manifest);
    index.push(...besides(image, known));
  }
  const omitted = new Set(options.omitted.map(({ digest }) => digest));
  const kept =
    format === 'docker-archive'
      ? new Set([...manifests.values()].flatMap(({ view }) => layersOf(view).map(({ digest }) => digest)))
      : undefined;
  const blobs = new Map<string, Descriptor>();
  for (const { blob } of plan.blobs) {
    if (omitted.has(blob.digest) || kept?.has(blob.digest) === false) continue;
    blobs.set(`${blob.digest} ${blob.size}`, blob);
  }
  return {
    info: {
      apiVersion: 'sallyport.dev/v1alpha1',
      kind: 'Bundle',
      name: lock.metadata.name,
      format,
      platforms: platforms.map(formatPlatform),
      images,
      omitted: options.omitted,
    },
    index: onceEach(index),
    manifests: [...manifests.values()],
    blobs: [...blobs.values()],
    files: [
      ...options.files,
      // Of what is left out, Docker would find nothing.
      ...(docker.length === 0 || (format === 'oci' && omitted.size > 0)
        ? []
        : [{ name: DOCKER_MANIFEST, bytes: Buffer.from(`${JSON.stringify(docker)}\n`) }]),
    ],
  };
}

/**
 * Under which name a node looks for an image when a pod names it as `render` writes it. The kubelet's CRI drops the tag where there is a
 * digest (`ParseDockerRef` of distribution/reference, which containerd's CRI resolves by), so `name:tag` beside it would not be found.
 */
function nodeNames(lock: Lock): (source: string) => string | undefined {
  if (lock.target === undefined) return () => undefined;
  const references = referencesOf(lock);
  return (source) => {
    const found = references.get(source);
    if (found === undefined) return undefined;
    const { registry, repository, tag, digest } = found;
    return `${registry}/${repository}${digest === undefined ? `:${tag}` : `@${digest}`}`;
  };
}

function manifestsOf({ manifests, request }: PlannedImage): Map<Digest, RawManifest> {
  return new Map(
    manifests.map(({ descriptor, manifest }) => {
      if (manifest === undefined)
        throw new SallyportError('INTERNAL', `the manifest ${descriptor.digest} was not read`, {
          subject: request.source,
        });
      return [descriptor.digest, manifest];
    }),
  );
}

function manifestIn(known: ReadonlyMap<Digest, RawManifest>, digest: Digest, subject: string): RawManifest {
  const found = known.get(digest);
  if (found === undefined)
    throw new SallyportError('INTERNAL', `the manifest ${digest} was not read`, { subject });
  return found;
}

/** Signatures and others: those with a tag under it, those that are found by their subject without a name. */
function besides(image: PlannedImage, known: ReadonlyMap<Digest, RawManifest>): NamedManifest[] {
  const repository = parseReference(image.request.source);
  const children = new Set<Digest>([image.digest]);
  for (const { view } of known.values()) {
    if (view.kind === 'index') for (const { digest } of view.manifests) children.add(digest);
  }
  return image.manifests.flatMap(({ descriptor, manifest, tag }): NamedManifest[] => {
    if (tag !== undefined)
      return [
        {
          descriptor,
          name: formatReference({ registry: repository.registry, repository: repository.repository, tag }),
          isBeside: descriptor.digest !== image.digest,
        },
      ];
    if (children.has(descriptor.digest)) return [];
    const artifactType = manifest?.view.artifactType;
    return [{ descriptor: { ...descriptor, ...(artifactType === undefined ? {} : { artifactType }) } }];
  });
}

/** Images of one repository may share a signature; it is listed once. */
function onceEach(index: readonly NamedManifest[]): NamedManifest[] {
  return [
    ...new Map(
      index.map((entry) => [`${entry.name ?? ''} ${entry.nodeName ?? ''} ${entry.descriptor.digest}`, entry]),
    ).values(),
  ];
}

function layersOf(view: RawManifest['view']): readonly Descriptor[] {
  if (view.kind === 'index') return [];
  return view.config === undefined ? view.layers : [view.config, ...view.layers];
}
