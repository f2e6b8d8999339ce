import type { OutputFile } from '../types.ts';
import type { HostMapping } from './mappings.ts';

/**
 * A drop-in of registries.conf for CRI-O and podman. `prefix` with another `location` sends every pull there, without falling back
 * to the source as a mirror would. Source: containers/image docs/containers-registries.conf.5.md, “Remapping and mirroring”.
 */
export function crioFiles(mappings: readonly HostMapping[], scheme: 'http' | 'https'): OutputFile[] {
  const entries = mappings.flatMap(({ host, targetHost, folder, repositories }) =>
    folder === undefined
      ? repositories.map(({ source, target }) => ({
          prefix: `${host}/${source}`,
          location: `${targetHost}/${target}`,
        }))
      : [{ prefix: host, location: [targetHost, folder].filter((piece) => piece !== '').join('/') }],
  );
  const lines = entries.flatMap(({ prefix, location }) => [
    '',
    '[[registry]]',
    `prefix = "${prefix}"`,
    `location = "${location}"`,
    ...(scheme === 'http' ? ['insecure = true'] : []),
  ]);
  return [
    {
      path: 'nodes/crio/50-sallyport.conf',
      bytes: Buffer.from(
        `# On each node as /etc/containers/registries.conf.d/50-sallyport.conf; then: systemctl reload crio\n${lines.slice(1).join('\n')}\n`,
      ),
    },
  ];
}
