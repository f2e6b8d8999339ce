/**
 * Che 7.62–7.89 passed the images of its plugin and devfile registries to the operator in variables whose names carry the image's last
 * segment and, in base32 with `=` as `_`, its tag or digest. What such an image is for stands in that name alone.
 * Source: eclipse-che/che-operator 7.62.0–7.89.0, deploy/deployment/kubernetes/combined.yaml, read on 2026-11-23.
 */
const VARIABLE = /^RELATED_IMAGE_(.+)_(plugin|devfile)_registry_image_([A-Z2-7]*)_*$/;

/** The editors among the images of the plugin registry; the others served plugins of Theia. */
const EDITOR_SEGMENTS: ReadonlySet<string> = new Set([
  'che_code',
  'che_editor_jupyter',
  'che_idea',
  'che_idea_dev_server',
  'che_pycharm',
  'che_theia',
  'code_server',
  'dirigible_openshift',
  'eclipse_broadway',
]);

/** Tags that are a version of an editor beside the released one. */
const OTHER_VERSIONS: ReadonlySet<string> = new Set(['insiders', 'next']);

export type RegistryUse =
  | { readonly kind: 'editor'; readonly editor: string }
  | { readonly kind: 'plugin' }
  | { readonly kind: 'sample' };

/** What the variable says that its image is for; undefined when it is not one of those registries'. */
export function registryUse(variable: string): RegistryUse | undefined {
  const match = VARIABLE.exec(variable);
  if (match === null) return undefined;
  const [, segment = '', registry, encoded = ''] = match;
  if (registry === 'devfile') return { kind: 'sample' };
  if (!EDITOR_SEGMENTS.has(segment)) return { kind: 'plugin' };
  const tag = decodeBase32(encoded);
  return {
    kind: 'editor',
    editor: `${segment.replaceAll('_', '-')}/${OTHER_VERSIONS.has(tag) ? tag : 'latest'}`,
  };
}

/** RFC 4648 base32 without padding, as text. */
function decodeBase32(encoded: string): string {
  const bytes: number[] = [];
  let bits = 0;
  let value = 0;
  for (const letter of encoded) {
    value = (value << 5) | 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter);
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    bytes.push((value >> bits) & 0xff);
    value &= (1 << bits) - 1;
  }
  return Buffer.from(bytes).toString('latin1');
}
