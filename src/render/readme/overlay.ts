import { shell } from './markdown.ts';
import type { ReadmeInput } from './readme.ts';

export function overlaySection({ files }: ReadmeInput): string {
  if (!files.some(({ path }) => path === 'component/kustomization.yaml')) return '';
  return [
    '## Or as an overlay over upstream’s files',
    'In a kustomization that names upstream’s own files of these versions under `resources`, add the component. Its patches test what they replace and fail on other versions.',
    ['```yaml', 'components:', '- component', '```'].join('\n'),
  ].join('\n\n');
}

const NODES: readonly { readonly prefix: string; readonly text: string }[] = [
  {
    prefix: 'nodes/containerd/',
    text: 'containerd: copy `certs.d` to `/etc/containerd/certs.d` of each node; `config_path` of its registry settings must name that folder. No restart.',
  },
  {
    prefix: 'nodes/crio/',
    text: 'CRI-O and podman: copy the file to `/etc/containers/registries.conf.d/` of each node, then `systemctl reload crio`.',
  },
  {
    prefix: 'nodes/openshift/',
    text: 'OpenShift 4.13 and newer: apply both files; the machine config operator rolls them out.',
  },
  {
    prefix: 'nodes/k3s/',
    text: 'k3s and rke2: copy to `/etc/rancher/k3s/registries.yaml` (rke2: `/etc/rancher/rke2/registries.yaml`), start with `--disable-default-registry-endpoint`, restart.',
  },
];

export function nodesSection({ files }: ReadmeInput): string {
  const rows = NODES.filter(({ prefix }) => files.some(({ path }) => path.startsWith(prefix)));
  if (rows.length === 0) return '';
  return [
    '## Or by node configuration',
    'Nodes then pull the original references from the target, and upstream’s files stay as they are. Credentials for the target must be on the nodes too. Only what the lock holds is at the target.',
    rows.map(({ text }) => `- ${text}`).join('\n'),
    ...(rows.some(({ prefix }) => prefix === 'nodes/openshift/')
      ? [shell(['kubectl apply --server-side -f nodes/openshift/'])]
      : []),
  ].join('\n\n');
}
