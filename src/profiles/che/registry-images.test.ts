import { describe, expect, it } from 'vitest';
import { registryUse } from './registry-images.ts';

describe('variables of the plugin and devfile registries', () => {
  it.each([
    ['che_code_plugin_registry_image_NFXHG2LEMVZHG___', { kind: 'editor', editor: 'che-code/insiders' }],
    ['che_idea_plugin_registry_image_NZSXQ5A_', { kind: 'editor', editor: 'che-idea/next' }],
    // `@sha256:` and a digest
    ['che_code_plugin_registry_image_IBZWQYJSGU3DU___', { kind: 'editor', editor: 'che-code/latest' }],
    ['che_plugin_sidecar_plugin_registry_image_IBZWQYJSGU3DU___', { kind: 'plugin' }],
    ['universal_developer_image_devfile_registry_image_OVRGSOBNNRQXIZLTOQ______', { kind: 'sample' }],
    ['ubi_minimal_devfile_registry_image_', { kind: 'sample' }],
    ['che_server', undefined],
    ['editor_definition_che_code_latest_che_code_injector', undefined],
  ])('%s', (name, use) => {
    expect(registryUse(`RELATED_IMAGE_${name}`)).toEqual(use);
  });
});
