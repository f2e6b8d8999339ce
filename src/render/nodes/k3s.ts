import { documentText, type Json } from '../edit/index.ts';
import type { OutputFile } from '../types.ts';
import type { HostMapping } from './mappings.ts';

/** `registries.yaml` of k3s and rke2. Rewrites are regular expressions over the repository. Source: docs.k3s.io/installation/private-registry. */
export function k3sFiles(mappings: readonly HostMapping[], scheme: 'http' | 'https'): OutputFile[] {
  const mirrors: Record<string, Json> = {};
  for (const { host, targetHost, folder, repositories } of mappings) {
    const rewrite: Record<string, Json> =
      folder === undefined
        ? Object.fromEntries(repositories.map(({ source, target }) => [`^${literally(source)}$`, target]))
        : folder === ''
          ? {}
          : { '^(.*)$': `${folder}/$1` };
    mirrors[host] = {
      endpoint: [`${scheme}://${targetHost}`],
      ...(Object.keys(rewrite).length === 0 ? {} : { rewrite }),
    };
  }
  return [
    {
      path: 'nodes/k3s/registries.yaml',
      bytes: Buffer.from(
        `# On each node as /etc/rancher/k3s/registries.yaml (rke2: /etc/rancher/rke2/registries.yaml); then restart k3s.\n# Start k3s with --disable-default-registry-endpoint, or it falls back to the source when the mirror does not answer.\n${documentText({ mirrors })}`,
      ),
    },
  ];
}

function literally(text: string): string {
  return text.replace(/[.+*?()[\]{}|^$\\]/g, '\\$&');
}
