import { resolve } from 'node:path';
import {
  blobsOf,
  type Digest,
  formatPlatform,
  isUnknownPlatform,
  nameOf,
  parseReference,
} from '../oci/index.ts';
import { type Bundle, type BundleFormat, openBundle, ownFiles } from '../store/index.ts';
import { bundledLock } from './bundle-load.ts';
import type { WorkflowContext } from './context.ts';

/** What a bundle holds. All sizes are bytes. */
export interface BundleView {
  readonly file: string;
  readonly name: string;
  readonly digest: Digest;
  readonly format: BundleFormat;
  readonly size: number;
  readonly parts: number;
  /** Chosen platforms; empty: all. */
  readonly platforms: readonly string[];
  /** Where its lock wants it. */
  readonly target?: string;
  readonly images: readonly BundleImageView[];
  readonly manifests: number;
  readonly blobs: number;
  readonly referrers: number;
  /** Left out because the target has it. */
  readonly omitted: { readonly blobs: number; readonly size: number };
  /** What travels beside the images. */
  readonly files: readonly { readonly name: string; readonly size: number }[];
}

export interface BundleImageView {
  readonly reference: string;
  readonly digest: Digest;
  readonly platforms: readonly string[];
  /** Manifests, configs and layers, each once; what others share with it counts too. */
  readonly size: number;
  /** Its content by digest. */
  readonly content: ReadonlyMap<Digest, number>;
}

/** Reads what a bundle says of itself. Throws `FILE_NOT_FOUND`, `BUNDLE_INVALID`. */
export async function showBundle(context: WorkflowContext, file: string): Promise<BundleView> {
  const { signal } = context;
  const bundle = await openBundle({
    path: resolve(context.cwd, file),
    ...(signal === undefined ? {} : { signal }),
  });
  try {
    const { info } = bundle;
    const lock = await bundledLock(bundle, file);
    const images = [];
    for (const { reference, digest } of info.images) images.push(await showImage(bundle, reference, digest));
    const manifests = bundle.manifests();
    return {
      file,
      name: info.name,
      digest: bundle.digest,
      format: info.format,
      size: bundle.size,
      parts: bundle.parts?.parts.length ?? 1,
      platforms: info.platforms,
      ...(lock.target === undefined ? {} : { target: lock.target.prefix }),
      images,
      manifests: manifests.length,
      blobs: [...bundle.entries.keys()].filter((name) => name.startsWith('blobs/')).length - manifests.length,
      referrers: manifests.reduce((sum, { digest }) => sum + bundle.referrers(digest).length, 0),
      omitted: {
        blobs: info.omitted.length,
        size: info.omitted.reduce((sum, { size }) => sum + size, 0),
      },
      files: ownFiles(bundle).map(({ name, size }) => ({ name, size })),
    };
  } finally {
    await bundle.close();
  }
}

async function showImage(bundle: Bundle, reference: string, root: Digest): Promise<BundleImageView> {
  const store = bundle.repository(nameOf(parseReference(reference)));
  const content = new Map<Digest, number>();
  const platforms = new Set<string>();
  const waiting = [root];
  for (let digest = waiting.pop(); digest !== undefined; digest = waiting.pop()) {
    if (content.has(digest) || bundle.manifest(digest) === undefined) continue;
    const { view, descriptor } = await store.readManifest(digest);
    content.set(digest, descriptor.size);
    for (const blob of blobsOf(view)) content.set(blob.digest, blob.size);
    if (view.kind !== 'index') continue;
    for (const child of view.manifests) {
      waiting.push(child.digest);
      const { platform } = child;
      if (
        platform !== undefined &&
        !isUnknownPlatform(platform) &&
        bundle.manifest(child.digest) !== undefined
      )
        platforms.add(formatPlatform(platform));
    }
  }
  return {
    reference,
    digest: root,
    platforms: [...platforms].sort(),
    size: [...content.values()].reduce((sum, size) => sum + size, 0),
    content,
  };
}

/** How two bundles differ. All sizes are bytes. */
export interface BundleDiff {
  readonly same: boolean;
  readonly added: readonly BundleImageView[];
  readonly removed: readonly BundleImageView[];
  readonly changed: readonly { readonly reference: string; readonly from: Digest; readonly to: Digest }[];
  /** Content of the images, each digest once. */
  readonly content: { readonly added: number; readonly removed: number; readonly kept: number };
  readonly files: { readonly added: readonly string[]; readonly removed: readonly string[] };
}

/** Compares two bundles: images by reference and digest, content by digest. */
export async function diffBundles(context: WorkflowContext, from: string, to: string): Promise<BundleDiff> {
  const [a, b] = [await showBundle(context, from), await showBundle(context, to)];
  const before = new Map(a.images.map((image) => [image.reference, image]));
  const after = new Map(b.images.map((image) => [image.reference, image]));
  const added = b.images.filter(({ reference }) => !before.has(reference));
  const removed = a.images.filter(({ reference }) => !after.has(reference));
  const changed = b.images.flatMap(({ reference, digest }) => {
    const old = before.get(reference);
    return old === undefined || old.digest === digest ? [] : [{ reference, from: old.digest, to: digest }];
  });
  const [was, is] = [contentOf(a), contentOf(b)];
  const sum = (content: ReadonlyMap<Digest, number>, take: (digest: Digest) => boolean) =>
    [...content].reduce((total, [digest, size]) => (take(digest) ? total + size : total), 0);
  const names = (view: BundleView) => new Set(view.files.map(({ name }) => name));
  return {
    same: a.digest === b.digest,
    added,
    removed,
    changed,
    content: {
      added: sum(is, (digest) => !was.has(digest)),
      removed: sum(was, (digest) => !is.has(digest)),
      kept: sum(is, (digest) => was.has(digest)),
    },
    files: {
      added: [...names(b)].filter((name) => !names(a).has(name)),
      removed: [...names(a)].filter((name) => !names(b).has(name)),
    },
  };
}

function contentOf(view: BundleView): Map<Digest, number> {
  return new Map(view.images.flatMap(({ content }) => [...content]));
}
