import type { RenderConfig } from '../../lock/index.ts';
import type { Json } from '../edit/index.ts';
import type { Variable } from './operator-env.ts';

/** What a Che installation asks of other hosts, with what takes its place. Nothing configured means a closed network: nobody. */
export interface Egress {
  /** Empty: none. */
  readonly openVsxUrl: string;
  readonly devfileRegistries: readonly string[];
}

export function egressOf(config: Pick<RenderConfig, 'openVSXURL' | 'externalDevfileRegistries'>): Egress {
  return {
    openVsxUrl: config.openVSXURL ?? '',
    devfileRegistries: config.externalDevfileRegistries ?? [],
  };
}

/**
 * The operator's defaults for the same, which apply where the CheCluster says nothing. The operator reads both with os.Getenv and
 * takes an empty value (che-operator pkg/common/operator-defaults/defaults.go, “can be empty”). Older manifests lack the second.
 */
export function egressVariables(egress: Egress): Variable[] {
  return [
    { name: 'CHE_DEFAULT_SPEC_COMPONENTS_PLUGINREGISTRY_OPENVSXURL', value: egress.openVsxUrl },
    {
      name: 'CHE_DEFAULT_SPEC_COMPONENTS_DEVFILEREGISTRY_EXTERNAL_DEVFILE_REGISTRIES',
      value: JSON.stringify(registryList(egress)),
    },
  ];
}

export function registryList(egress: Egress): { readonly url: string }[] {
  return egress.devfileRegistries.map((url) => ({ url }));
}

/** The same for the CheCluster's `spec` (org.eclipse.che/v2). */
export function egressSpec(egress: Egress): { readonly [key: string]: Json } {
  return {
    components: {
      pluginRegistry: { openVSXURL: egress.openVsxUrl },
      devfileRegistry: { externalDevfileRegistries: registryList(egress) },
    },
  };
}
