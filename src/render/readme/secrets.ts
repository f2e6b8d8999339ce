import { secretCommand } from '../accounts/documents.ts';
import { ADDED } from '../layout.ts';
import { shell } from './markdown.ts';
import type { ReadmeInput } from './readme.ts';

/** Namespaces and pull secrets come first: a pod that was made without the secret never gets it. */
export function secretsSection({ input, plan, files }: ReadmeInput): string {
  const { secret } = plan;
  const first = [ADDED.namespaces, ADDED.namespacesFirst].filter((path) =>
    files.some((file) => file.path === path),
  );
  const namespaces =
    first.length === 0 ? [] : [shell(first.map((path) => `kubectl apply --server-side -f ${path}`))];
  if (secret === undefined)
    return namespaces.length === 0 ? '' : ['## First: namespaces', ...namespaces].join('\n\n');
  const written = plan.pullSecrets.length > 0;
  // objects that name no namespace leave its choice to whoever applies them
  const places = written ? plan.pullSecrets : [{ namespace: 'NAMESPACE', labels: {} }];
  const parts =
    input.dockerConfigJson === undefined || !written
      ? [
          `\`config.json\` stands for a file with the credentials, as \`docker login\` or \`podman login --authfile\` writes it: \`{"auths": {"${plan.registry}": {"auth": "…"}}}\`.${written ? ` \`${ADDED.pullSecrets}\` has the same objects with an empty placeholder, for tools that seal or fetch secrets.` : ''}`,
          shell(places.flatMap((place) => secretCommand(place, { name: secret }))),
        ]
      : [
          `\`${ADDED.pullSecrets}\` holds real credentials; it is readable by you alone and ignored by git.`,
          shell([`kubectl apply --server-side -f ${ADDED.pullSecrets}`]),
        ];
  return [
    '## First: namespaces and pull secrets',
    'A pod that is made before its service account has the secret never gets it.',
    ...namespaces,
    ...parts,
    ...defaults(input, plan),
  ].join('\n\n');
}

const USER_NAMESPACES =
  'Workspaces take the secret by its labels. Jobs of the DevWorkspace Operator in user namespaces (cleaning up of volumes) pull with the account `default` instead; once such a namespace exists:';

function defaults(input: ReadmeInput['input'], plan: ReadmeInput['plan']): string[] {
  const secret = plan.secret ?? '';
  const namespaces = plan.pullSecrets.map(({ namespace }) => namespace);
  if (input.platform?.platform === 'openshift') {
    const link = (namespace: string): string =>
      `oc secrets link default ${secret} --for=pull -n ${namespace}`;
    return [
      'OpenShift keeps pull secrets of its own in every account. Where a later apply reports a conflict about `imagePullSecrets`, add `--force-conflicts`: OpenShift puts its own back. Add this one to the accounts named `default`:',
      shell(namespaces.map(link)),
      ...(plan.cheCluster === undefined ? [] : [USER_NAMESPACES, shell([link('USER_NAMESPACE')])]),
    ];
  }
  const nameless = [...plan.accounts.added, ...plan.accounts.edited.map(({ account }) => account)].some(
    ({ namespace }) => namespace === undefined,
  );
  const generic = [
    ...(nameless
      ? [
          `Some objects name no namespace: make the secret in the one that you apply them to (\`-n\`)${plan.pullSecrets.length > 0 ? ' as well' : ''}.`,
        ]
      : []),
    ...(input.platform === undefined
      ? [
          'Pods that operators make later may run with accounts that are in none of these files. Such a pod shows `ImagePullBackOff`; add the secret to its account.',
        ]
      : []),
  ];
  if (plan.cheCluster === undefined) return generic;
  // The jobs name neither account nor secrets (devfile/devworkspace-operator v0.42.0, pkg/provision/storage/cleanup.go), and of all fields of the
  // DevWorkspaceOperatorConfig and the CheCluster only `workspace.serviceAccount` is about accounts, that of the workspace's own pod.
  return [
    ...generic,
    USER_NAMESPACES,
    shell([
      `kubectl patch serviceaccount default -n USER_NAMESPACE -p '{"imagePullSecrets": [{"name": "${secret}"}]}'`,
    ]),
    'Neither Che nor the DevWorkspace Operator has a setting for these accounts. A server with MutatingAdmissionPolicy (Kubernetes 1.34 with its feature gate, or newer) can give the secret to every pod of user namespaces, those that come later included: `sallyport guard --pull-secrets | sallyport apply -f - --release pull-secrets`.',
  ];
}
