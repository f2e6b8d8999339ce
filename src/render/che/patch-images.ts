import type { ImageUse } from '../../discovery/index.ts';
import type { RenderConfig } from '../../lock/index.ts';
import { parseDocument } from '../../yaml/index.ts';
import { documentText, isObject, type Json, readValue } from '../edit/index.ts';
import { openFile } from '../objects.ts';
import { type RewriteOptions, rewriteFile } from '../rewrite.ts';
import type { Discover } from '../types.ts';
import { cheClusterPatch } from './che-cluster.ts';

/** Named in messages about references in the user's own patch. */
const PLACE = 'sallyport.yaml: render.cheCluster';

/** The patch over the CheCluster with its image references rewritten like those of any input. Throws what `cheClusterPatch` throws. */
export function rewrittenPatch(
  config: RenderConfig,
  settings: { readonly [key: string]: Json },
  options: RewriteOptions & { readonly discover: Discover },
): { readonly patch: { readonly [key: string]: Json }; readonly unknown: readonly ImageUse[] } {
  const patch = cheClusterPatch(config, settings);
  const text = documentText({ apiVersion: 'org.eclipse.che/v2', kind: 'CheCluster', ...patch });
  const file = { path: PLACE, bytes: Buffer.from(text) };
  const { uses } = options.discover(file);
  if (uses.length === 0) return { patch, unknown: [] };
  const { bytes, unknown } = rewriteFile({ file, uses }, options);
  const opened = openFile({ path: PLACE, bytes });
  const [document] = opened.documents;
  const value = document === undefined ? null : readValue(parseDocument(opened.source, document));
  if (!isObject(value)) return { patch, unknown };
  const { apiVersion: _version, kind: _kind, ...rest } = value;
  return { patch: rest, unknown };
}
