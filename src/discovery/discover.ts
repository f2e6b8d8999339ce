import { SallyportError } from '../base/index.ts';
import {
  cutDocuments,
  type DocumentSlice,
  openSource,
  parseDocument,
  topLevel,
  type YamlSource,
} from '../yaml/index.ts';
import { Collector } from './collector.ts';
import { KeyBook } from './keys.ts';
import { objectsIn } from './objects.ts';
import { startOf } from './place.ts';
import { defaultsMayNameImages } from './places/crd.ts';
import { Registries } from './registries.ts';
import type { Search } from './search.ts';
import type { Confidence, Discovery, Egress, ImageUse, ManifestFile, Unresolved } from './types.ts';
import { walk } from './walk.ts';

export interface DiscoverOptions {
  /** Default `likely`. */
  readonly minConfidence?: Confidence;
  /** Where images lie whatever the host is called, such as the target: `registry.corp.example:5000/che`. */
  readonly prefixes?: readonly string[];
  readonly signal?: AbortSignal;
}

export interface Discovered {
  readonly discovery: Discovery;
  /** Files or documents that are no valid YAML, with their place; the others were looked through all the same. */
  readonly failures: readonly SallyportError[];
}

/**
 * Finds every place that names an image. Uses come in file and byte order, each place once. Documents that hold no images by their
 * kind (schemas without defaults that could be one, access rules) are not parsed, so that faults in them are not reported either.
 */
export function discover(files: readonly ManifestFile[], options: DiscoverOptions = {}): Discovered {
  const keys = new KeyBook();
  const registries = new Registries(options.prefixes ?? []);
  const uses: ImageUse[] = [];
  const unresolved: Unresolved[] = [];
  const egress: Egress[] = [];
  const failures: SallyportError[] = [];
  for (const file of files) {
    options.signal?.throwIfAborted();
    failures.push(
      ...collectFailures(() => {
        const source = openSource(file);
        const collector = new Collector(source, options.minConfidence ?? 'likely');
        const search: Search = { collector, keys, registries, walk };
        const faults = cutDocuments(source).flatMap((document) =>
          collectFailures(() => {
            lookThrough(source, document, search);
            return [];
          }),
        );
        uses.push(...collector.uses);
        unresolved.push(...collector.unresolved);
        egress.push(...collector.egress);
        return faults;
      }),
    );
  }
  return { discovery: { uses, unresolved, egress }, failures };
}

function collectFailures(work: () => readonly SallyportError[]): readonly SallyportError[] {
  try {
    return work();
  } catch (thrown) {
    if (thrown instanceof SallyportError) return [thrown];
    throw thrown;
  }
}

function lookThrough(source: YamlSource, document: DocumentSlice, search: Search): void {
  if (holdsNone(source, document)) return;
  const root = parseDocument(source, document);
  if (root === undefined) return;
  for (const { node, path, owner } of objectsIn(root, document.index))
    walk(search, startOf(owner, path), node);
}

/** Kinds of access rules: they name resources and accounts, and make up half of the documents of many manifests. */
const ACCESS_KINDS = new Set(['Role', 'ClusterRole', 'RoleBinding', 'ClusterRoleBinding']);

/** Our own locks, configurations and inventories lie beside manifests and say what is replaced; no cluster runs what they name. */
const OWN_GROUP = 'sallyport.dev';

function holdsNone(source: YamlSource, document: DocumentSlice): boolean {
  const kind = topLevel(source, document, 'kind') ?? '';
  if (kind === 'CustomResourceDefinition') return !defaultsMayNameImages(source, document);
  const isOf = (group: string): boolean =>
    (topLevel(source, document, 'apiVersion') ?? '').startsWith(`${group}/`);
  return (ACCESS_KINDS.has(kind) && isOf('rbac.authorization.k8s.io')) || isOf(OWN_GROUP);
}
