import type { Config, ProfileConfig, TargetConfig } from './types.ts';

/** What counts when nobody says anything: in the file, in flags and in the JSON Schema alike. */
export const DEFAULTS = {
  name: 'platform',
  devworkspaceOperator: 'auto',
  certManager: 'auto',
  platform: 'kubernetes',
  naming: 'nested',
  reference: 'tag-and-digest',
  pullSecret: 'registry-pull',
  annotateOriginals: false,
} as const;

export function emptyConfig(): Config {
  return {
    apiVersion: 'sallyport.dev/v1alpha1',
    kind: 'Relocation',
    metadata: { name: DEFAULTS.name },
    sources: { manifests: [], images: [], exclude: [] },
    platforms: [],
    registries: {},
    render: { annotateOriginals: DEFAULTS.annotateOriginals, nodeConfig: [] },
  };
}

/** The values a profile has when only its name and version are said. */
export const PROFILE_DEFAULTS: Omit<ProfileConfig, 'name' | 'version'> = {
  devworkspaceOperator: DEFAULTS.devworkspaceOperator,
  platform: DEFAULTS.platform,
  certManager: DEFAULTS.certManager,
  only: [],
  without: [],
  editors: [],
  settings: { components: {} },
};

export const TARGET_DEFAULTS: Omit<TargetConfig, 'prefix'> = {
  naming: DEFAULTS.naming,
  reference: DEFAULTS.reference,
};
