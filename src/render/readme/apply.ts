import type { InputRole } from '../../facts/index.ts';
import { ADDED } from '../layout.ts';
import { shell } from './markdown.ts';
import type { ReadmeInput } from './readme.ts';

/** What to wait for behind a file, because the next one needs it. Sources: upstream's own installation steps for each. */
const WAITS: Partial<Readonly<Record<InputRole, readonly string[]>>> = {
  'cert-manager': ['kubectl wait deployment --all -n cert-manager --for=condition=Available --timeout=300s'],
  'devworkspace-operator': [
    'kubectl wait deployment/devworkspace-controller-manager -n devworkspace-controller --for=condition=Available --timeout=300s',
    '# made by the controller; without it no workspace can be made and no `kubectl exec` works',
    'until kubectl get deployment/devworkspace-webhook-server -n devworkspace-controller; do sleep 5; done',
    'kubectl wait deployment/devworkspace-webhook-server -n devworkspace-controller --for=condition=Available --timeout=300s',
  ],
  'che-operator': [
    'kubectl wait crd/checlusters.org.eclipse.che --for=condition=Established --timeout=60s',
    'kubectl wait deployment/che-operator -n eclipse-che --for=condition=Available --timeout=300s',
  ],
  'che-cluster': [
    "kubectl wait checluster/eclipse-che -n eclipse-che --for=jsonpath='{.status.chePhase}'=Active --timeout=900s",
  ],
};

/** The operator reads its configuration at start only, so the object and its CRD come before it. */
const CONFIG_FIRST: readonly string[] = [
  `kubectl apply --server-side -f ${ADDED.operatorConfigFirst}`,
  'kubectl wait crd/devworkspaceoperatorconfigs.controller.devfile.io --for=condition=Established --timeout=60s',
];

/** The commands in order, with what to wait for. */
export function applySection({ input, plan, applied, files }: ReadmeInput): string {
  const rows = applied.filter((path) => path !== ADDED.namespaces);
  if (rows.length === 0) return '';
  const roles = new Map(plan.files.map(({ path, role }) => [path, role]));
  const commands = rows.flatMap((path) => {
    const role = path === ADDED.cheCluster ? 'che-cluster' : roles.get(path);
    return [
      ...(path === ADDED.operatorConfig && files.some((file) => file.path === ADDED.operatorConfigFirst)
        ? CONFIG_FIRST
        : []),
      `kubectl apply --server-side -f ${path}`,
      ...((role === undefined ? undefined : WAITS[role]) ?? []),
    ];
  });
  const first = [`kubectl apply --server-side -f ${ADDED.namespaces}`];
  const lead = applied.includes(ADDED.namespaces) && plan.secret === undefined ? first : [];
  const domain =
    plan.cheCluster !== undefined &&
    input.platform?.platform === 'kubernetes' &&
    input.config.render.domain === undefined
      ? [
          'The CheCluster has no `spec.networking.domain`, which plain Kubernetes needs: set `render.domain` (or `--domain`) and render again.',
        ]
      : [];
  return [
    '## Apply',
    '`sallyport diff .` says what would change in the cluster, `sallyport apply .` applies in this order and waits, and says why where a pod does not come to run; `sallyport verify` compares what runs with the lock afterwards.',
    'The same with kubectl alone; server-side, because some CRDs are larger than the annotation that a client-side apply keeps.',
    ...domain,
    shell([...lead, ...commands]),
    'Or all at once, for tools that repeat until everything fits (the first run fails where a CRD or a webhook is not ready yet): `kubectl apply --server-side -k .`',
  ].join('\n\n');
}
