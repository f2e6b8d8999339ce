import { join } from 'node:path';
import { compareText, type Fields, isFields, jsonFields, SallyportError } from '../base/index.ts';
import { type Descriptor, type Digest, isDigest, MEDIA_TYPES } from '../oci/index.ts';
import { readWholeFile, writeWholeFile } from './files.ts';

/** image-spec v1.1 annotations.md: the name of an entry; other tools write a bare tag, a `name:tag` or a whole reference. */
export const REF_NAME = 'org.opencontainers.image.ref.name';
/** What containerd writes beside it: always a whole reference, under which it imports the entry. */
export const CONTAINERD_NAME = 'io.containerd.image.name';

/**
 * Our own, for entries that are no image under that name to other tools: those of images that containerd shall know by another name too, and
 * signatures and the like that have a tag, which `ctr images import` would take for images and fail to unpack.
 */
export const OWN_NAME = 'sallyport.dev/name';

/** 10,000 images of a few platforms are about 10 MB; anything near this limit is no index. */
const INDEX_LIMIT = 256 * 1024 * 1024;

/** One entry of `index.json`. `raw` keeps what others wrote, so that rewriting the file loses nothing. */
export interface LayoutEntry {
  readonly digest: Digest;
  readonly mediaType: string;
  readonly size: number;
  /** `repository:tag`, a bare tag, or undefined. */
  readonly name: string | undefined;
  readonly raw: Readonly<Record<string, unknown>>;
}

/** Splits an entry's name. A bare tag belongs to the repository without a name. */
export function splitName(name: string): { readonly repository: string; readonly tag: string } {
  const colon = name.lastIndexOf(':');
  return colon === -1 || colon < name.lastIndexOf('/')
    ? { repository: '', tag: name }
    : { repository: name.slice(0, colon), tag: name.slice(colon + 1) };
}

export function joinName(repository: string, tag: string): string {
  return repository === '' ? tag : `${repository}:${tag}`;
}

export function makeEntry(descriptor: Descriptor, name: string | undefined): LayoutEntry {
  const { mediaType, digest, size } = descriptor;
  const raw = {
    mediaType,
    digest,
    size,
    ...(descriptor.artifactType === undefined ? {} : { artifactType: descriptor.artifactType }),
    ...(name === undefined ? {} : { annotations: { [REF_NAME]: name } }),
  };
  return { mediaType, digest, size, name, raw };
}

/**
 * Reads `oci-layout` and `index.json`; undefined when the folder holds neither. Throws `FILE_UNREADABLE` when it is no layout of
 * version 1 or its index is damaged.
 */
export async function readLayout(dir: string): Promise<readonly LayoutEntry[] | undefined> {
  const marker = await readWholeFile(join(dir, 'oci-layout'), 4096);
  const index = await readWholeFile(join(dir, 'index.json'), INDEX_LIMIT);
  if (marker === undefined && index === undefined) return undefined;
  if (marker === undefined) throw notALayout(dir, 'the file oci-layout is missing');
  const version = objectIn(marker, join(dir, 'oci-layout'))['imageLayoutVersion'];
  if (version !== '1.0.0')
    throw notALayout(dir, `its layout version is ${JSON.stringify(version)} instead of "1.0.0"`);
  return index === undefined ? [] : parseIndex(index, join(dir, 'index.json'));
}

/** The entries of an `index.json`. Throws `FILE_UNREADABLE` when it is damaged. */
export function parseIndex(bytes: Buffer, where: string): readonly LayoutEntry[] {
  const manifests = objectIn(bytes, where)['manifests'];
  if (!Array.isArray(manifests)) throw notALayout(where, 'it has no list of manifests');
  return manifests.map((value, position) => readEntry(value, `${where} manifests[${position}]`));
}

function readEntry(value: unknown, where: string): LayoutEntry {
  if (!isFields(value)) throw notALayout(where, 'it is not a descriptor');
  const { digest, mediaType, size } = value;
  if (typeof digest !== 'string' || !isDigest(digest)) throw notALayout(where, 'it has no valid digest');
  if (typeof mediaType !== 'string') throw notALayout(where, 'it has no mediaType');
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0)
    throw notALayout(where, 'it has no valid size');
  const annotations = isFields(value['annotations']) ? value['annotations'] : {};
  const name = annotations[OWN_NAME] ?? annotations[CONTAINERD_NAME] ?? annotations[REF_NAME];
  return { digest, mediaType, size, name: typeof name === 'string' ? name : undefined, raw: value };
}

/** Replaces `index.json` as a whole. */
export async function writeLayout(
  dir: string,
  entries: Iterable<LayoutEntry>,
  durable: boolean,
): Promise<void> {
  await writeWholeFile(join(dir, 'index.json'), formatIndex(entries), durable);
}

/** The text of an `index.json`, entries sorted by name and digest so that equal content gives equal bytes. */
export function formatIndex(entries: Iterable<LayoutEntry>): string {
  const sorted = [...entries].sort(
    (a, b) => compareText(a.name ?? '', b.name ?? '') || compareText(a.digest, b.digest),
  );
  const index = {
    schemaVersion: 2,
    mediaType: MEDIA_TYPES.ociIndex,
    manifests: sorted.map((entry) => entry.raw),
  };
  return `${JSON.stringify(index)}\n`;
}

export const LAYOUT_MARKER = '{"imageLayoutVersion":"1.0.0"}';

export async function writeLayoutMarker(dir: string, durable: boolean): Promise<void> {
  await writeWholeFile(join(dir, 'oci-layout'), LAYOUT_MARKER, durable);
}

function objectIn(bytes: Buffer, where: string): Fields {
  return jsonFields(bytes, (reason, cause) => notALayout(where, reason, cause));
}

function notALayout(subject: string, reason: string, cause?: unknown): SallyportError {
  return new SallyportError('FILE_UNREADABLE', `is not an OCI image layout: ${reason}`, {
    subject,
    cause,
    hint: 'Name a folder that a tool wrote as an OCI image layout, or an empty one.',
  });
}
