import { accountsText, pullSecretsText } from './accounts/documents.ts';
import { newCheCluster } from './che/che-cluster.ts';
import { chectlTree } from './che/chectl-tree.ts';
import { egressOf, egressVariables } from './che/egress.ts';
import { documentText } from './edit/index.ts';
import type { RenderInput } from './input.ts';
import { ADDED } from './layout.ts';
import type { RenderPlan, RewrittenFile } from './plan.ts';
import { settingFiles } from './settings/files.ts';
import type { Additions } from './structure.ts';
import type { Finding, OutputFile } from './types.ts';

/** What is added to the objects of one input. */
export function additionsFor(input: RenderInput, plan: RenderPlan, placed: RewrittenFile): Additions {
  const isOperator = placed.role === 'che-operator';
  return {
    accounts: plan.accounts.edited,
    secret: plan.secret,
    operator: isOperator
      ? {
          set: plan.overrides.map(({ name, image }) => ({ name, value: image })),
          ifPresent: egressVariables(egressOf(input.config.render)),
        }
      : undefined,
    cheCluster: placed.role === 'che-cluster' ? plan.cheCluster : undefined,
    deployments: placed.applied ? (plan.settings?.deployments ?? []) : [],
    arguments: placed.role === 'cert-manager' ? plan.arguments : [],
    annotate: input.config.render.annotateOriginals && placed.applied ? placed.uses : [],
  };
}

/** Objects that no input has: `files` are applied with the others, `aside` are not. */
export function addedFiles(
  input: RenderInput,
  plan: RenderPlan,
): { readonly files: readonly OutputFile[]; readonly aside: readonly OutputFile[] } {
  const files: OutputFile[] = [];
  const aside: OutputFile[] = [];
  const { missing, shipped } = plan.namespaces;
  if (missing !== '') files.push({ path: ADDED.namespaces, bytes: Buffer.from(missing) });
  if (shipped.length > 0) aside.push({ path: ADDED.namespacesFirst, bytes: shipped });
  if (plan.secret !== undefined && plan.accounts.added.length > 0)
    files.push({ path: ADDED.accounts, bytes: Buffer.from(accountsText(plan.accounts.added, plan.secret)) });
  const settings = settingFiles(input, plan);
  files.push(...settings.files);
  aside.push(...settings.aside);
  if (plan.cheCluster !== undefined && !input.files.some(({ role }) => role === 'che-cluster')) {
    const namespace =
      input.files.find(({ role }) => role === 'che-operator') === undefined ? undefined : 'eclipse-che';
    if (namespace !== undefined)
      files.push({
        path: ADDED.cheCluster,
        bytes: Buffer.from(documentText(newCheCluster(namespace, plan.cheCluster))),
      });
  }
  if (plan.secret !== undefined && plan.pullSecrets.length > 0) {
    const text = pullSecretsText(plan.pullSecrets, {
      name: plan.secret,
      registry: plan.registry,
      ...(input.dockerConfigJson === undefined ? {} : { dockerConfigJson: input.dockerConfigJson }),
    });
    const real = input.dockerConfigJson !== undefined;
    aside.push({ path: ADDED.pullSecrets, bytes: Buffer.from(text), ...(real ? { secret: true } : {}) });
    if (real) aside.push({ path: 'secrets/.gitignore', bytes: Buffer.from('pull-secrets.yaml\n') });
  }
  return { files, aside };
}

/** chectl installs with its templates on plain Kubernetes only; on OpenShift it goes through OLM. */
export function chectlFiles(
  input: RenderInput,
  plan: RenderPlan,
  done: readonly (OutputFile & { readonly role?: string })[],
): { readonly files: readonly OutputFile[]; readonly findings: readonly Finding[] } {
  const operator = done.find(({ role }) => role === 'che-operator');
  const cluster = done.find(({ path }) => path === ADDED.cheCluster);
  if (operator === undefined || cluster === undefined || input.platform?.platform !== 'kubernetes')
    return { files: [], findings: [] };
  const devWorkspace = done.find(({ role }) => role === 'devworkspace-operator');
  const tree = chectlTree({
    cheOperator: operator.bytes,
    cheCluster: cluster.bytes,
    ...(devWorkspace === undefined ? {} : { devWorkspaceOperator: devWorkspace.bytes }),
  });
  const patch = documentText(plan.cheCluster ?? {});
  return {
    files: [...tree.files, { path: 'chectl/che-operator-cr-patch.yaml', bytes: Buffer.from(patch) }],
    findings: tree.findings,
  };
}
