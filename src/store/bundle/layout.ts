import { SallyportError } from '../../base/index.ts';
import { type Descriptor, type Digest, digestOf, type RawManifest } from '../../oci/index.ts';
import {
  CONTAINERD_NAME,
  formatIndex,
  LAYOUT_MARKER,
  makeEntry,
  OWN_NAME,
  REF_NAME,
} from '../layout-index.ts';
import { type BundleInfo, formatInfo, type NamedManifest } from './info.ts';
import { blobName, INDEX, INFO, MARKER } from './names.ts';
import { sumsOf } from './sums.ts';
import { END, padding, tarHeader } from './tar-header.ts';

/** What shall be in a bundle. */
export interface BundleContent {
  readonly info: BundleInfo;
  readonly index: readonly NamedManifest[];
  readonly manifests: readonly RawManifest[];
  /** Configs and layers, each digest once; without those that are omitted. */
  readonly blobs: readonly Descriptor[];
  /** Files of the platform, names below `sallyport/`, and `manifest.json` for Docker. */
  readonly files: readonly { readonly name: string; readonly bytes: Buffer }[];
}

/** One file of the tar. Offsets are bytes from its beginning. */
export interface BundleEntry {
  readonly name: string;
  readonly size: number;
  readonly header: number;
  readonly data: number;
}

/** Every byte of a bundle's place, known before the first blob is read. */
export interface BundleLayout {
  readonly entries: readonly (BundleEntry & { readonly bytes?: Buffer })[];
  readonly blobs: ReadonlyMap<Digest, BundleEntry>;
  readonly total: number;
  /** The digest of `SHA256SUMS`: the same content has the same. */
  readonly digest: Digest;
}

/**
 * Lays a bundle out: what a reader wants first stands first (marker, index, sums, files), then manifests, then blobs, each group sorted by
 * name. Throws `SIZE_MISMATCH` when two manifests disagree about the length of one blob.
 */
export function layOutBundle(content: BundleContent): BundleLayout {
  const manifests = new Map(content.manifests.map((manifest) => [manifest.descriptor.digest, manifest]));
  const blobs = new Map<Digest, Descriptor>();
  for (const blob of content.blobs) {
    const known = blobs.get(blob.digest);
    if (known !== undefined && known.size !== blob.size)
      throw new SallyportError(
        'SIZE_MISMATCH',
        `one manifest says ${known.size} bytes, another ${blob.size}`,
        { subject: blob.digest },
      );
    // A manifest may be listed as a layer of another: it is in the file already.
    if (!manifests.has(blob.digest)) blobs.set(blob.digest, blob);
  }
  const front = [
    { name: MARKER, bytes: Buffer.from(LAYOUT_MARKER) },
    { name: INDEX, bytes: Buffer.from(formatIndex(content.index.map(indexEntry))) },
    { name: INFO, bytes: formatInfo(content.info) },
    ...content.files,
  ];
  const sums = sumsOf(
    front.map(({ name, bytes }) => ({ name, digest: digestOf(bytes) })),
    [...manifests.keys(), ...blobs.keys()],
  );
  const [first] = sums;
  if (first === undefined) throw new SallyportError('INTERNAL', 'a bundle has no sums');
  const [marker, index, ...rest] = front;
  const inOrder = [
    ...[marker, index].filter((file) => file !== undefined),
    ...sums,
    ...rest.toSorted(byName),
  ];
  const place = placer();
  const known = [
    ...inOrder,
    ...[...manifests.values()]
      .map(({ descriptor, bytes }) => ({ name: blobName(descriptor.digest), bytes }))
      .toSorted(byName),
  ].map(({ name, bytes }) => ({ ...place.next(name, bytes.length), bytes }));
  const placed = [...blobs.values()]
    .map((blob) => ({ blob, name: blobName(blob.digest) }))
    .toSorted(byName)
    .map(({ blob, name }) => [blob.digest, place.next(name, blob.size)] as const);
  return {
    entries: [...known, ...placed.map(([, entry]) => entry)],
    blobs: new Map(placed),
    total: place.end() + END.length,
    digest: digestOf(first.bytes),
  };
}

function indexEntry({ descriptor, name, isBeside, nodeName }: NamedManifest) {
  const entry = makeEntry(descriptor, name);
  if (name === undefined) return entry;
  // containerd looks for the one, skopeo and others for the other.
  const annotations =
    isBeside === true
      ? { [OWN_NAME]: name }
      : nodeName === undefined
        ? { [CONTAINERD_NAME]: name, [REF_NAME]: name }
        : { [CONTAINERD_NAME]: nodeName, [OWN_NAME]: name };
  return { ...entry, raw: { ...entry.raw, annotations } };
}

function placer() {
  let at = 0;
  return {
    next: (name: string, size: number): BundleEntry => {
      const header = at;
      const data = header + tarHeader(name, size).length;
      at = data + size + padding(size);
      return { name, size, header, data };
    },
    end: () => at,
  };
}

function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}
