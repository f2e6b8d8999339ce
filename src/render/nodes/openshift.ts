import type { Json } from '../edit/index.ts';
import { documentText } from '../edit/index.ts';
import type { OutputFile } from '../types.ts';
import type { HostMapping } from './mappings.ts';

/**
 * Mirror sets for pulls by digest and by tag; OpenShift 4.13 and newer. `NeverContactSource` keeps nodes from asking the source.
 * Source: openshift/api config/v1 ImageDigestMirrorSet and ImageTagMirrorSet. Applying them restarts no node but rolls the
 * machine config.
 */
export function openshiftFiles(mappings: readonly HostMapping[], name: string): OutputFile[] {
  const mirrors: Json[] = mappings.flatMap(({ host, targetHost, repositories }) =>
    repositories.map(({ source, target }) => ({
      source: `${host}/${source}`,
      mirrors: [`${targetHost}/${target}`],
      mirrorSourcePolicy: 'NeverContactSource',
    })),
  );
  const set = (kind: string, key: string): OutputFile['bytes'] =>
    Buffer.from(
      documentText({
        apiVersion: 'config.openshift.io/v1',
        kind,
        metadata: { name: `sallyport-${name}` },
        spec: { [key]: mirrors },
      }),
    );
  return [
    {
      path: 'nodes/openshift/image-digest-mirror-set.yaml',
      bytes: set('ImageDigestMirrorSet', 'imageDigestMirrors'),
    },
    { path: 'nodes/openshift/image-tag-mirror-set.yaml', bytes: set('ImageTagMirrorSet', 'imageTagMirrors') },
  ];
}
