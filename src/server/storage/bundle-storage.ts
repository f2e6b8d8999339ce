import { SallyportError } from '../../base/index.ts';
import {
  type Descriptor,
  type Digest,
  isDigest,
  MANIFEST_LIMITS,
  parseReference,
  targetRepository,
} from '../../oci/index.ts';
import type { Bundle } from '../../store/index.ts';
import type { ReadableRepository, ReadableStorage, StoredManifest } from './types.ts';

/**
 * A bundle as registry storage, read where it lies in the file. A repository answers to three names: its source with its host
 * (`quay.io/eclipse/che-server`), without it (what a node asks of a mirror: `eclipse/che-server`), and the path below the host that
 * the lock wants it at (`che/quay.io/eclipse/che-server`), so that rendered manifests and node mirrors both find it. Closes the bundle.
 */
export function bundleStorage(bundle: Bundle): ReadableStorage {
  const names = namesOf(bundle);
  return {
    repository: (name) => repository(bundle, name, names.get(name)),
    repositories: async () => [...names.keys()].sort(),
    close: () => bundle.close(),
  };
}

const NO_PREFIX = { registry: '', path: '' };

type Tags = ReadonlyMap<string, Descriptor>;

function namesOf(bundle: Bundle): Map<string, Tags> {
  const names = new Map<string, Map<string, Descriptor>>();
  const add = (name: string, tags: Tags): void => {
    const known = names.get(name) ?? new Map<string, Descriptor>();
    names.set(name, known);
    // Where two sources have one path, the first in the order of names keeps a tag that both have.
    for (const [tag, descriptor] of tags) if (!known.has(tag)) known.set(tag, descriptor);
  };
  // A port cannot stand in a path: `registry:5000` is written as below a target.
  for (const name of bundle.repositories())
    add(targetRepository(NO_PREFIX, 'nested', parseReference(name)).repository, bundle.tags(name));
  for (const { reference, digest, target } of bundle.info.images) {
    if (target === undefined) continue;
    const source = parseReference(reference);
    const descriptor = bundle.manifest(digest);
    const { repository: path } = parseReference(target.repository);
    if (descriptor !== undefined) add(path, new Map([[target.tag, descriptor]]));
    // Signatures by tag go with their images.
    add(path, signatureTags(bundle.tags(`${source.registry}/${source.repository}`)));
  }
  for (const name of bundle.repositories()) add(parseReference(name).repository, bundle.tags(name));
  return names;
}

function signatureTags(tags: Tags): Tags {
  return new Map([...tags].filter(([tag]) => /^sha(?:256|512)-[0-9a-f]+\.(?:sig|att|sbom)$/.test(tag)));
}

function repository(bundle: Bundle, name: string, tags: Tags | undefined): ReadableRepository {
  const here = tags !== undefined;
  return {
    name,
    exists: async () => here,
    blobSize: async (digest) => (here ? bundle.blob(digest)?.size : undefined),
    openBlob: async (digest, range) => {
      const entry = bundle.blob(digest);
      if (entry === undefined)
        throw new SallyportError('BLOB_NOT_FOUND', `has no blob ${digest}`, { subject: bundle.path });
      const { start, end } = range ?? { start: 0, end: entry.size - 1 };
      return bundle.file.stream(entry.data + start, entry.data + end + 1);
    },
    findManifest: async (selector) => {
      if (!here) return undefined;
      return stored(isDigest(selector) ? bundle.manifest(selector) : tags.get(selector));
    },
    readManifest: (digest: Digest) => bundle.readBlob(digest, MANIFEST_LIMITS.bytes),
    tags: async () => [...(tags?.keys() ?? [])].sort(),
    referrers: async (subject) => (here ? bundle.referrers(subject) : []),
  };
}

function stored(descriptor: Descriptor | undefined): StoredManifest | undefined {
  if (descriptor === undefined) return undefined;
  const { digest, mediaType, size } = descriptor;
  return { digest, mediaType, size };
}
