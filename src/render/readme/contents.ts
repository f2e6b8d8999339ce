import { normalizeReference, parseReference } from '../../oci/index.ts';
import { egressOf } from '../che/egress.ts';
import type { ReadmeInput } from './readme.ts';

/** What each part of the folder is; only parts that are there are listed. */
const PARTS: readonly { readonly prefix: string; readonly text: string }[] = [
  { prefix: 'manifests/', text: 'what is applied, in the order of the numbers' },
  { prefix: 'kustomization.yaml', text: 'the same for `kubectl apply -k` and GitOps tools' },
  { prefix: 'secrets/', text: 'the pull secret for each namespace; never part of the kustomization' },
  { prefix: 'chectl/', text: 'the folder for `chectl --templates`, with the patch for the CheCluster' },
  {
    prefix: 'editor-definitions/',
    text: 'the editors with private images, to read or to add as your own; the operator gets its images by environment variables',
  },
  { prefix: 'files/', text: 'rewritten files that are no Kubernetes objects' },
  { prefix: 'component/', text: 'the same changes as a kustomize component over upstream’s files' },
  {
    prefix: 'jobs/',
    text: 'Jobs that copy the images from inside a cluster, and the image that they run; each file says at its top what to do',
  },
  { prefix: 'nodes/', text: 'node configuration that redirects pulls instead' },
];

export function contentsSection({ files }: ReadmeInput): string {
  const rows = PARTS.filter(({ prefix }) => files.some(({ path }) => path.startsWith(prefix)));
  return ['## What is here', rows.map(({ prefix, text }) => `- \`${prefix}\`: ${text}`).join('\n')].join(
    '\n\n',
  );
}

/** What differs from upstream and what does not. */
export function changesSection({ input, plan }: ReadmeInput): string {
  const lines = [
    '- Image references: only their bytes. Comments, order, quoting and line ends are upstream’s.',
    ...(plan.secret === undefined
      ? [
          '- No pull secrets: `target.pullSecret.name` is `none`, so the registry must let nodes pull without.',
        ]
      : [
          `- Service accounts that pull: \`imagePullSecrets: [{name: ${plan.secret}}]\` is added to ${plan.accounts.edited.length} that the files have, and ${plan.accounts.added.length} that operators or Kubernetes make later are written beforehand.`,
        ]),
    ...(plan.overrides.length === 0
      ? []
      : [
          `- Che operator: ${plan.overrides.length} variables \`RELATED_IMAGE_editor_definition_…\`, because editor definitions are inside its image.`,
        ]),
    ...(plan.cheCluster === undefined ? [] : egressLines(input)),
    ...(plan.cheCluster === undefined
      ? []
      : [
          '- `spec.containerRegistry` of the CheCluster stays empty on purpose: the operator would change names that are private already.',
        ]),
    ...(plan.settings === undefined
      ? []
      : [
          '- Settings of `sources.profile.settings`: in the Deployments, in the configuration of the DevWorkspace Operator, in the CheCluster and as objects of their own; what upstream does not allow stands in the notes below.',
        ]),
    ...plan.arguments.map(
      ({ deployment, flag }) =>
        `- Deployment \`${deployment}\`: the argument \`${flag}\`, where it is missing; its default is compiled in and public.`,
    ),
    ...(input.config.render.annotateOriginals
      ? ['- Annotations `sallyport.dev/original-image.…` on each object say what it named before.']
      : []),
  ];
  return ['## What differs from upstream', lines.join('\n')].join('\n\n');
}

function egressLines(input: ReadmeInput['input']): string[] {
  const { openVsxUrl, devfileRegistries } = egressOf(input.config.render);
  return [
    `- Closed network: Open VSX is ${openVsxUrl === '' ? 'switched off (`openVSXURL: ""`)' : `\`${openVsxUrl}\``}, devfile registries are ${devfileRegistries.length === 0 ? 'none (`externalDevfileRegistries: []`)' : devfileRegistries.map((url) => `\`${url}\``).join(', ')}. To keep upstream’s set \`render.openVSXURL: https://open-vsx.org\` and \`render.externalDevfileRegistries: [https://registry.devfile.io]\`.`,
  ];
}

/** What the user should know, from rendering itself. */
export function notesSection({ input, findings, closure, plan }: ReadmeInput): string {
  const lines = [
    ...closure.outside.map(
      (use) => `- Not private: \`${use.reference}\` at ${use.path} of ${use.kind}/${use.name}.`,
    ),
    ...leftOutNotes(input.lock, closure),
    ...closure.unresolved.map(
      ({ text, kind, name, path }) =>
        `- Not covered by the proof: \`${text}\` at ${path} of ${kind}/${name} is known only at run time.`,
    ),
    ...egressNotes(closure),
    ...(plan.missingEditors.length === 0
      ? []
      : [
          `- Editors without private images, left out on request: ${plan.missingEditors.join(', ')}. The dashboard still shows them; they cannot start.`,
        ]),
    ...findings.map(({ subject, message }) => `- ${subject}: ${message}.`),
  ];
  return lines.length === 0 ? '' : ['## Notes', lines.join('\n')].join('\n\n');
}

/** One line per image that still points outside on request; where it is pulled, it is pulled from there. */
function leftOutNotes(lock: ReadmeInput['input']['lock'], closure: ReadmeInput['closure']): string[] {
  const reasons = new Map(lock.excluded.map(({ reference, reason }) => [reference, reason]));
  const places = new Map<string, string>();
  for (const { reference, kind, name, path } of closure.leftOut) {
    if (!places.has(reference)) places.set(reference, `${path} of ${kind}/${name}`);
  }
  return [...places]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([reference, place]) => {
      const reason = reasons.get(normalizeReference(parseReference(reference)));
      return `- Not private on request: \`${reference}\` at ${place}${reason === undefined ? '' : `; ${reason}`}.`;
    });
}

/** One line per URL: the same one often stands in many places, and again in the chectl folder. */
function egressNotes(closure: ReadmeInput['closure']): string[] {
  const places = new Map<string, string>();
  for (const { url, kind, name, path } of closure.egress) {
    const object = [kind, name].filter((piece) => piece !== '').join('/');
    if (!places.has(url)) places.set(url, object === '' ? path : `${path} of ${object}`);
  }
  return [...places]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(
      ([url, place]) =>
        `- Other hosts: \`${url}\` at ${place} is asked at run time, which a closed network would miss.`,
    );
}
