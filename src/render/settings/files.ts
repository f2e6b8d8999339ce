import type { SettingFacts } from '../../facts/index.ts';
import { comment } from '../accounts/documents.ts';
import { documentText, type Json } from '../edit/index.ts';
import type { RenderInput } from '../input.ts';
import { ADDED } from '../layout.ts';
import type { RenderPlan } from '../plan.ts';
import type { OutputFile } from '../types.ts';
import { crdBytes } from './schema.ts';

/** Objects that settings need beside what the inputs hold. `aside`: a copy of a CRD, which the inputs apply again. */
export function settingFiles(
  input: RenderInput,
  plan: RenderPlan,
): { readonly files: readonly OutputFile[]; readonly aside: readonly OutputFile[] } {
  const facts = input.platform?.facts.settings;
  if (plan.settings === undefined || facts === undefined) return { files: [], aside: [] };
  const { budgets, operatorConfig } = plan.settings;
  const files: OutputFile[] = [];
  const aside: OutputFile[] = [];
  if (budgets.length > 0)
    files.push({
      path: ADDED.budgets,
      bytes: documents(
        budgets.map(({ name, namespace, labels, spec }) => ({
          reason: `At a drain of nodes the pods of ${name} go only as far as this allows.`,
          body: {
            apiVersion: 'policy/v1',
            kind: 'PodDisruptionBudget',
            metadata: { name, namespace },
            spec: { ...spec, selector: { matchLabels: labels } },
          },
        })),
      ),
    });
  if (input.caBundle !== undefined)
    files.push({ path: ADDED.trust, bytes: trustDocuments(facts, input.caBundle) });
  if (Object.keys(operatorConfig).length > 0) {
    const { apiVersion, kind, name, namespace, crd } = facts.operatorConfig;
    const copy = crdBytes(
      plan.files.map(({ rewritten }) => rewritten),
      crd,
    );
    if (copy !== undefined) aside.push({ path: ADDED.operatorConfigFirst, bytes: copy });
    files.push({
      path: ADDED.operatorConfig,
      bytes: documents([
        {
          reason: 'Read when the controller starts: apply it before, or restart the controller after.',
          body: { apiVersion, kind, metadata: { name, namespace }, config: operatorConfig },
        },
      ]),
    });
  }
  return { files, aside };
}

function trustDocuments({ caBundle }: SettingFacts, text: string): Buffer {
  return documents(
    caBundle.places.map(({ namespace, labels, reason }) => ({
      reason,
      body: {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: caBundle.name, namespace, labels },
        data: { [caBundle.key]: text },
      },
    })),
  );
}

function documents(list: readonly { readonly reason: string; readonly body: Json }[]): Buffer {
  return Buffer.from(list.map(({ reason, body }) => `---\n${comment(reason)}${documentText(body)}`).join(''));
}
