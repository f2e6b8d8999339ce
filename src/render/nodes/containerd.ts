import type { Finding, OutputFile } from '../types.ts';
import type { HostMapping } from './mappings.ts';

/**
 * `certs.d/<host>/hosts.toml`. The target stands as `server`, the last resort as well, so that containerd never asks the source.
 * Source: containerd docs/hosts.md (`server`, `override_path`); a folder per host as references name it, `docker.io` included.
 */
export function containerdFiles(
  mappings: readonly HostMapping[],
  scheme: 'http' | 'https',
): { readonly files: readonly OutputFile[]; readonly findings: readonly Finding[] } {
  const files: OutputFile[] = [];
  const findings: Finding[] = [];
  for (const { host, targetHost, folder } of mappings) {
    if (folder === undefined) {
      findings.push({
        level: 'error',
        subject: `nodes/containerd: ${host}`,
        message:
          'cannot be redirected by containerd: it keeps repository names, and this naming changes them; use naming nested or path',
      });
      continue;
    }
    const path = ['v2', folder].filter((piece) => piece !== '').join('/');
    const url = `${scheme}://${targetHost}/${path}`;
    files.push({
      path: `nodes/containerd/certs.d/${host}/hosts.toml`,
      bytes: Buffer.from(
        [
          `# Pulls of ${host}/… come from ${targetHost}/${folder === '' ? '' : `${folder}/`}… and from nowhere else.`,
          '# On each node below the folder that config_path of containerd’s registry settings names, usually /etc/containerd/certs.d.',
          `server = "${url}"`,
          'override_path = true',
          '',
          `[host."${url}"]`,
          '  capabilities = ["pull", "resolve"]',
          '  override_path = true',
          '',
        ].join('\n'),
      ),
    });
  }
  return { files, findings };
}
