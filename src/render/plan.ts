import type { ImageUse } from '../discovery/index.ts';
import type { PullSecretPlace } from '../facts/index.ts';
import { normalizeReference, parsePrefix, parseReference } from '../oci/index.ts';
import { type AccountPlan, planAccounts } from './accounts/plan.ts';
import { pullersOf } from './accounts/workloads.ts';
import { type EditorOverride, editorOverrides } from './che/editors.ts';
import { rewrittenPatch } from './che/patch-images.ts';
import type { Json } from './edit/index.ts';
import type { RenderInput } from './input.ts';
import { type PlacedFile, placeFiles } from './layout.ts';
import { type Namespaces, planNamespaces } from './namespaces.ts';
import { type OpenFile, openFile } from './objects.ts';
import { referencesOf } from './references.ts';
import { rewriteFile } from './rewrite.ts';
import { asksNothing, planSettings, type SettingPlan } from './settings/plan.ts';
import { schemaOf, unknownFields } from './settings/schema.ts';
import { insideOf } from './target.ts';
import type { Finding, ReferenceMap } from './types.ts';
import { verifyRewrite } from './verify-rewrite.ts';

export interface RewrittenFile extends PlacedFile {
  readonly rewritten: OpenFile;
  /** Every reference in it is known to the lock. */
  readonly complete: boolean;
}

/** Everything that is known once the images are rewritten: who pulls, what is missing, what the operator must be told. */
export interface RenderPlan {
  readonly prefix: string;
  /** Host of the target. */
  readonly registry: string;
  readonly secret: string | undefined;
  readonly files: readonly RewrittenFile[];
  readonly accounts: AccountPlan;
  readonly pullSecrets: readonly PullSecretPlace[];
  readonly namespaces: Namespaces;
  readonly overrides: readonly EditorOverride[];
  /** Editors of the inputs whose images are not in the lock. */
  readonly missingEditors: readonly string[];
  readonly cheCluster: { readonly [key: string]: Json } | undefined;
  /** What the settings come to; absent when nothing is asked. */
  readonly settings: SettingPlan | undefined;
  /** Arguments to add, with references of the target. */
  readonly arguments: readonly {
    readonly deployment: string;
    readonly flag: string;
    readonly reference: string;
  }[];
  readonly unknown: readonly ImageUse[];
  readonly findings: readonly Finding[];
  readonly isExcluded: (reference: string) => boolean;
}

/** Rewrites the images of every input and works out what else the output needs. Throws what `render` throws. */
export function planOf(input: RenderInput): RenderPlan {
  const references = referencesOf(input.lock);
  const prefix = input.lock.target?.prefix ?? '';
  const excluded = new Set(
    input.lock.excluded.map(({ reference }) => normalizeReference(parseReference(reference))),
  );
  const isExcluded = (reference: string) => excluded.has(normalizeReference(parseReference(reference)));
  const unknown: ImageUse[] = [];
  const findings: Finding[] = [];
  const files = placeFiles(input.files).map((placed): RewrittenFile => {
    const options = { references, isExcluded };
    const rewritten = rewriteFile(placed, options);
    unknown.push(...rewritten.unknown);
    findings.push(
      ...rewritten.findings,
      ...verifyRewrite(placed, rewritten, { ...options, discover: input.discover }),
    );
    return {
      ...placed,
      rewritten: openFile({ path: placed.file.path, bytes: rewritten.bytes }),
      complete: placed.uses.every((use) => references.get(use.reference) !== undefined),
    };
  });
  const secret = input.config.target?.pullSecret?.name;
  const applied = files.filter((file) => file.applied).map(({ rewritten }) => rewritten);
  const isInside = insideOf(prefix);
  const facts = secret === undefined ? undefined : input.platform?.facts;
  const pullers =
    secret === undefined ? [] : applied.flatMap((file) => pullersOf(file, { isInside, secret }));
  const accounts = withoutDefaults(planAccounts(applied, pullers, facts), input, findings);
  const pullSecrets = secret === undefined ? [] : secretPlaces(accounts, facts?.pullSecrets ?? []);
  const editors = files.filter(({ role }) => role === 'editor-definition');
  const isChe = input.files.some(({ role }) => role === 'che-operator' || role === 'che-cluster');
  const settings = settingsOf(input, applied);
  findings.push(...(settings?.findings ?? []));
  const wanted = new Set([
    ...pullSecrets.map(({ namespace }) => namespace),
    ...(settings?.budgets ?? []).map(({ namespace }) => namespace),
    ...(input.caBundle === undefined ? [] : (input.platform?.facts.settings?.caBundle.places ?? [])).map(
      ({ namespace }) => namespace,
    ),
  ]);
  const patch = isChe
    ? rewrittenPatch(input.config.render, settings?.clusterObject ?? {}, {
        references,
        isExcluded,
        discover: input.discover,
      })
    : undefined;
  return {
    prefix,
    registry: parsePrefix(prefix).registry,
    secret,
    files,
    accounts,
    pullSecrets,
    namespaces: planNamespaces(applied, wanted, input.platform?.facts),
    overrides: editors
      .filter(({ complete }) => complete)
      .flatMap(({ rewritten }) => editorOverrides(rewritten)),
    missingEditors: editors
      .filter(({ complete }) => !complete)
      .flatMap(({ rewritten }) => editorOverrides(rewritten).map(({ editor }) => editor))
      .filter((editor, index, all) => all.indexOf(editor) === index),
    cheCluster: patch?.patch,
    settings,
    arguments: argumentsOf(input, references),
    unknown: [...unknown, ...(patch?.unknown ?? [])],
    findings,
    isExcluded,
  };
}

/** The settings on their ways, each field held against the CRDs of these very inputs. */
function settingsOf(input: RenderInput, applied: readonly OpenFile[]): SettingPlan | undefined {
  const { settings, platform } = input;
  if (settings === undefined || asksNothing(settings)) return undefined;
  const facts = platform?.facts.settings;
  if (facts === undefined) {
    const subject = 'sources.profile.settings';
    const message = `has no meaning for ${platform?.name ?? 'manifests without a profile'}`;
    const nothing = { deployments: [], operatorConfig: {}, clusterObject: {}, budgets: [] };
    return { ...nothing, findings: [{ level: 'error', subject, message }] };
  }
  const plan = planSettings(settings, facts);
  const { crd, kind } = facts.operatorConfig;
  const config = unknownFields({ config: plan.operatorConfig }, schemaOf(applied, crd), '');
  const cluster = unknownFields(plan.clusterObject, schemaOf(applied, facts.clusterObject.crd), '');
  const missing = [...config.map((path) => [kind, path]), ...cluster.map((path) => ['CheCluster', path])];
  return {
    ...plan,
    findings: [
      ...plan.findings,
      ...missing.map(
        ([name, path]): Finding => ({
          level: 'error',
          subject: 'sources.profile.settings',
          message: `the ${name} of this version has no ${path}; the API server would drop it without a word`,
        }),
      ),
    ],
  };
}

function argumentsOf(input: RenderInput, references: ReferenceMap): RenderPlan['arguments'] {
  return (input.platform?.facts.arguments ?? []).flatMap(({ deployment, flag, reference }) => {
    const to = references.get(reference);
    return to === undefined ? [] : [{ deployment, flag, reference: to.text }];
  });
}

/**
 * On OpenShift a controller keeps the `default` account's list of pull secrets, and applying ours would replace it: there the
 * README gives the command that adds to it.
 */
function withoutDefaults(plan: AccountPlan, input: RenderInput, findings: Finding[]): AccountPlan {
  if (input.platform?.platform !== 'openshift') return plan;
  for (const { name, namespace } of plan.added)
    if (name === 'default')
      findings.push({
        level: 'note',
        subject: `ServiceAccount/default in ${namespace ?? 'your namespace'}`,
        message:
          'is not written for OpenShift, which keeps its own pull secrets in it; the README has the command',
      });
  return { edited: plan.edited, added: plan.added.filter(({ name }) => name !== 'default') };
}

/** The places of the profile, and every other namespace in which an account names the secret. */
function secretPlaces(plan: AccountPlan, known: readonly PullSecretPlace[]): PullSecretPlace[] {
  const places = new Map(known.map((place) => [place.namespace, place]));
  for (const { namespace } of [...plan.added, ...plan.edited.map(({ account }) => account)]) {
    if (namespace === undefined || places.has(namespace)) continue;
    places.set(namespace, {
      namespace,
      labels: {},
      reason: 'Pods of this namespace pull from the target.',
      source: '',
    });
  }
  return [...places.values()].sort((a, b) => (a.namespace < b.namespace ? -1 : 1));
}
