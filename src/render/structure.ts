import type { ImageUse } from '../discovery/index.ts';
import { applyEdits, type Edit } from '../yaml/index.ts';
import type { AccountPlan } from './accounts/plan.ts';
import { annotationEdits } from './annotate.ts';
import { cheClusterEdits } from './che/che-cluster.ts';
import { envEdits, findOperator, type Variable } from './che/operator-env.ts';
import {
  appendEdits,
  CannotPlace,
  type EditedText,
  editedText,
  entryOf,
  type Json,
  joinEdits,
  readValue,
  textAt,
} from './edit/index.ts';
import { type KubeObject, type OpenFile, objectsOf } from './objects.ts';
import { argumentEdits, deploymentEdits, findContainer } from './settings/deployments.ts';
import type { DeploymentChange } from './settings/plan.ts';
import type { Finding } from './types.ts';

/** What is added to the objects of a rewritten file, beside its images. */
export interface Additions {
  readonly accounts: AccountPlan['edited'];
  readonly secret: string | undefined;
  /** For the container that reads them, wherever it stands. */
  readonly operator:
    | { readonly set: readonly Variable[]; readonly ifPresent: readonly Variable[] }
    | undefined;
  readonly cheCluster: { readonly [key: string]: Json } | undefined;
  /** Changes of Deployments, wherever they stand. */
  readonly deployments: readonly DeploymentChange[];
  readonly arguments: readonly {
    readonly deployment: string;
    readonly flag: string;
    readonly reference: string;
  }[];
  /** Uses as found before rewriting, when their references shall be recorded. */
  readonly annotate: readonly ImageUse[];
}

/** The file with the additions in place: byte edits of what stands there, nothing is written anew. */
export function addToFile(
  file: OpenFile,
  additions: Additions,
): { readonly bytes: Buffer; readonly edits: readonly Edit[]; readonly findings: readonly Finding[] } {
  const edited = editedText(file.source.text);
  const edits: Edit[] = [];
  const findings: Finding[] = [];
  const attempt = (object: KubeObject, what: string, make: () => readonly Edit[]) => {
    try {
      edits.push(...make());
    } catch (thrown) {
      if (!(thrown instanceof CannotPlace)) throw thrown;
      const subject = `${file.path}: ${object.kind}/${object.name}`;
      findings.push({
        level: 'error',
        subject,
        message: `${what} cannot be added in place: ${thrown.message}`,
      });
    }
  };
  const operator = additions.operator === undefined ? undefined : findOperator(file);
  if (operator !== undefined && additions.operator !== undefined) {
    const { set, ifPresent } = additions.operator;
    attempt(operator.object, 'the environment', () => envEdits(edited, operator, set, ifPresent));
  }
  for (const change of additions.deployments) {
    const found = findContainer(file, change.deployment, change.container);
    if (found !== undefined)
      attempt(found.object, 'the settings', () => deploymentEdits(edited, found, change));
  }
  for (const { deployment, flag, reference } of additions.arguments) {
    const found = findContainer(file, deployment);
    if (found !== undefined)
      attempt(found.object, `the argument ${flag}`, () => argumentEdits(edited, found, flag, reference));
  }
  if (additions.annotate.length > 0) {
    const made = annotationEdits(edited, file, additions.annotate);
    edits.push(...made.edits);
    findings.push(...made.findings);
  }
  if (additions.cheCluster !== undefined) {
    const patch = additions.cheCluster;
    for (const object of objectsOf(file, new Set(['CheCluster'])))
      attempt(object, 'the settings', () => cheClusterEdits(edited, object, patch));
  }
  for (const { object, file: holder } of additions.accounts) {
    if (holder.path !== file.path || additions.secret === undefined) continue;
    const secret = additions.secret;
    attempt(object, 'the pull secret', () => accountEdits(edited, object, secret));
  }
  const joined = joinEdits(edits);
  return { bytes: applyEdits(file.source.bytes, joined), edits: joined, findings };
}

/** An account keeps the secrets it has; one that names ours already stays as it is. */
function accountEdits(edited: EditedText, object: KubeObject, secret: string): readonly Edit[] {
  const list = entryOf(object.node, 'imagePullSecrets')?.value;
  if (list?.type === 'seq' && list.items.some((item) => textAt(item, 'name') === secret)) return [];
  if (list !== undefined && list.type !== 'seq' && readValue(list) !== null)
    throw new CannotPlace('imagePullSecrets is no list');
  return appendEdits(edited, object.node, object.from, 'imagePullSecrets', [{ name: secret }]);
}
