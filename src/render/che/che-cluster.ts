import { SallyportError } from '../../base/index.ts';
import type { RenderConfig } from '../../lock/index.ts';
import type { Edit } from '../../yaml/index.ts';
import { type EditedText, isObject, type Json, mergePatch, patchEdits, toJson } from '../edit/index.ts';
import type { KubeObject } from '../objects.ts';
import { disagreements } from '../settings/plan.ts';
import { egressOf, egressSpec } from './egress.ts';

/**
 * The merge patch over the CheCluster: closed network and domain, what the settings of the profile come to, then the user's own, which
 * wins over the former and may not contradict the settings. Throws `CONFIG_INVALID` for that, and for a
 * `spec.containerRegistry` with content: the operator puts host and organisation in front of the last segment only, which breaks
 * names of four segments and more (che-operator 7.121.0 defaults.go, GetImageNameFromFullImage).
 */
export function cheClusterPatch(
  config: RenderConfig,
  settings: { readonly [key: string]: Json } = {},
): { readonly [key: string]: Json } {
  const own = toJson(config.cheCluster ?? {});
  const [twice] = disagreements(settings, own);
  if (twice !== undefined) {
    throw new SallyportError('CONFIG_INVALID', 'says something else than sources.profile.settings', {
      subject: `render.cheCluster: ${twice}`,
      hint: 'Say it in one of both places.',
    });
  }
  const ours: Json = {
    spec: {
      ...egressSpec(egressOf(config)),
      ...(config.domain === undefined ? {} : { networking: { domain: config.domain } }),
    },
  };
  const merged = combine(combine(ours, settings), own);
  const registry =
    isObject(merged) && isObject(merged['spec']) ? merged['spec']['containerRegistry'] : undefined;
  if (isObject(registry) && Object.values(registry).some((value) => value !== '' && value !== null)) {
    throw new SallyportError('CONFIG_INVALID', 'must stay empty: every image is already rewritten', {
      subject: 'render.cheCluster: spec.containerRegistry',
      hint: 'Take it out. The operator would put that host in front of names that are private already, and breaks them.',
    });
  }
  return isObject(merged) ? merged : {};
}

/** Two merge patches as one: unlike `mergePatch`, a null of the second stays a null, because it still has to remove something. */
function combine(first: Json, second: Json): Json {
  if (!isObject(first) || !isObject(second)) return second;
  const both: Record<string, Json> = { ...first };
  for (const [key, value] of Object.entries(second))
    both[key] = key in both ? combine(both[key] ?? null, value) : value;
  return both;
}

/** The edits that make the patch of a CheCluster where it stands. */
export function cheClusterEdits(
  edited: EditedText,
  object: KubeObject,
  patch: { readonly [key: string]: Json },
): Edit[] {
  return patchEdits(edited, object.node, object.from, patch);
}

/** For inputs without a CheCluster: upstream's default one (deploy/deployment/kubernetes/org_v2_checluster.yaml) with the patch. */
export function newCheCluster(namespace: string, patch: { readonly [key: string]: Json }): Json {
  return mergePatch(
    {
      apiVersion: 'org.eclipse.che/v2',
      kind: 'CheCluster',
      metadata: { name: 'eclipse-che', namespace },
      spec: {
        components: {
          pluginRegistry: { disableInternalRegistry: true },
          devfileRegistry: { disableInternalRegistry: true },
        },
        devEnvironments: {},
        networking: {},
      },
    },
    patch,
  );
}
