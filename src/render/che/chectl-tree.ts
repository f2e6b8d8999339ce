import { objectsIn, openFile } from '../objects.ts';
import type { Finding, OutputFile } from '../types.ts';

/**
 * The file of chectl's templates folder for each document of che-operator's combined.yaml. Source: chectl 7.121.0
 * prepare-templates.js and the files that its tasks read (src/tasks/installers/eclipse-che/eclipse-che-tasks.ts).
 */
const FILES: readonly { readonly kind: string; readonly name?: string; readonly file: string }[] = [
  { kind: 'Deployment', file: 'operator.yaml' },
  { kind: 'ServiceAccount', file: 'service_account.yaml' },
  { kind: 'ClusterRole', name: 'che-operator', file: 'cluster_role.yaml' },
  { kind: 'ClusterRoleBinding', name: 'che-operator', file: 'cluster_rolebinding.yaml' },
  { kind: 'Role', file: 'role.yaml' },
  { kind: 'RoleBinding', file: 'role_binding.yaml' },
  { kind: 'Service', file: 'webhook-service.yaml' },
  { kind: 'Certificate', file: 'serving-cert.yaml' },
  { kind: 'Issuer', file: 'selfsigned-issuer.yaml' },
  {
    kind: 'ValidatingWebhookConfiguration',
    file: 'org.eclipse.che.ValidatingWebhookConfiguration.yaml',
  },
  { kind: 'MutatingWebhookConfiguration', file: 'org.eclipse.che.MutatingWebhookConfiguration.yaml' },
  {
    kind: 'CustomResourceDefinition',
    name: 'checlusters.org.eclipse.che',
    file: 'crds/org.eclipse.che_checlusters.yaml',
  },
];

/** Documents that chectl has no use for, with the reason: it makes them itself or never applies them. */
const NOT_FOR_CHECTL: readonly { readonly kind: string; readonly name?: string; readonly reason: string }[] =
  [
    { kind: 'Namespace', reason: 'chectl creates the namespace itself' },
    {
      kind: 'ClusterRole',
      name: 'eclipse-che-edit',
      reason: 'an aggregated role for users that chectl never applies; kubectl apply adds it',
    },
    {
      kind: 'ClusterRole',
      name: 'eclipse-che-view',
      reason: 'an aggregated role for users that chectl never applies; kubectl apply adds it',
    },
  ];

export interface ChectlTreeInput {
  /** Rewritten files. */
  readonly cheOperator: Buffer;
  readonly devWorkspaceOperator?: Buffer;
  readonly cheCluster: Buffer;
}

/** The whole `--templates` folder below `chectl/`, each document's bytes as they stand in the rewritten file. */
export function chectlTree(input: ChectlTreeInput): {
  readonly files: readonly OutputFile[];
  readonly findings: readonly Finding[];
} {
  const files: OutputFile[] = [];
  const findings: Finding[] = [];
  const taken = new Set<string>();
  const opened = openFile({ path: 'che-operator', bytes: input.cheOperator });
  for (const document of opened.documents) {
    const [object] = objectsIn(opened, document);
    if (object === undefined) continue;
    const subject = `${object.kind}/${object.name}`;
    const row = FILES.find(
      ({ kind, name }) => kind === object.kind && (name === undefined || name === object.name),
    );
    if (row === undefined || taken.has(row.file)) {
      const known = NOT_FOR_CHECTL.find(
        ({ kind, name }) => kind === object.kind && (name ?? object.name) === object.name,
      );
      findings.push({
        level: 'note',
        subject,
        message: `is not in the chectl folder: ${known?.reason ?? 'chectl knows no file for it; apply it with kubectl'}`,
      });
      continue;
    }
    taken.add(row.file);
    files.push({
      path: `chectl/che-operator/kubernetes/${row.file}`,
      bytes: opened.source.bytes.subarray(document.start, document.end),
    });
  }
  for (const { file } of FILES) {
    if (!taken.has(file))
      findings.push({
        level: 'note',
        subject: `chectl/che-operator/kubernetes/${file}`,
        message: 'does not exist: this version of the operator ships no such document',
      });
  }
  files.push({ path: 'chectl/che-operator/kubernetes/crds/org_checluster_cr.yaml', bytes: input.cheCluster });
  if (input.devWorkspaceOperator !== undefined)
    files.push({
      path: 'chectl/devworkspace-operator/kubernetes/combined.yaml',
      bytes: input.devWorkspaceOperator,
    });
  return { files, findings };
}
