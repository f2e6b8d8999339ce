/** Everything that a person may need to know where, to act on a cause. */
export interface Place {
  readonly namespace: string;
  /** `Pod eclipse-che/che-6f…`, `ReplicaSet …`. */
  readonly object: string;
  readonly container?: string;
  /** As the pod asks for it. */
  readonly image?: string;
  /** Host of the image. */
  readonly registry?: string;
  /** The pull secrets of the pod. */
  readonly secrets?: readonly string[];
  readonly serviceAccount?: string;
  readonly node?: string;
}

interface CauseText {
  /** One sentence: what is wrong, to be read after the image or the object. */
  readonly what: string;
  /** Why this happens, where the message of the cluster does not tell. */
  readonly why?: string;
  /** The command or the step that mends it. */
  readonly fix: (place: Place) => string;
}

const secretCommand = (place: Place): string =>
  `kubectl -n ${place.namespace} create secret docker-registry ${place.secrets?.[0] ?? 'registry-pull'} --docker-server=${place.registry ?? 'HOST'} --docker-username=USER --docker-password=…`;

const accountCommand = (place: Place): string =>
  `kubectl -n ${place.namespace} patch serviceaccount ${place.serviceAccount ?? 'default'} -p '{"imagePullSecrets":[{"name":"${place.secrets?.[0] ?? 'registry-pull'}"}]}'`;

const look = (place: Place): string =>
  `kubectl -n ${place.namespace} describe ${place.object.replace(/ .*\//, ' ').toLowerCase()}`;

const logs = (place: Place, previous = ''): string =>
  `kubectl -n ${place.namespace} logs ${place.object.replace(/^.*\//, '')} -c ${place.container ?? 'CONTAINER'}${previous}`;

/** What can keep a pod from running, with what mends it. */
export const CAUSES = {
  // the registry answers, and the image is the trouble
  'image-missing': {
    what: 'is not in the registry',
    why: 'It was not mirrored, or under another name, tag or digest.',
    fix: () =>
      'Run `sallyport mirror` with the lock, and look for the image in it: `sallyport lock --check`.',
  },
  'platform-missing': {
    what: 'has no variant for the platform of the node',
    why: 'The index at the registry does not list this platform, or lists it without its content.',
    fix: () => 'Mirror it with the platform of the node: `sallyport mirror --recheck --platform OS/ARCH`.',
  },
  'wrong-architecture': {
    what: 'holds programs for another processor than that of the node',
    why: 'A single-platform image is pulled without a check; only starting it fails.',
    fix: () =>
      'Mirror an image that has the platform of the node, or let the pod run on a node of the right kind (nodeSelector kubernetes.io/arch).',
  },
  'content-missing': {
    what: 'is incomplete at the registry: its manifest is there, content that it names is not',
    why: 'The copy was cut off by a tool that writes the tag first, or the registry removed the content as garbage.',
    fix: () => 'Copy it again: `sallyport mirror --recheck`.',
  },
  'content-damaged': {
    what: 'does not arrive as its digest says',
    why: 'The storage of the registry is damaged, or something between it and the node changes or cuts what passes.',
    fix: () =>
      'Check the registry’s storage and any proxy in between, then copy again: `sallyport mirror --recheck`.',
  },
  'not-a-registry': {
    what: 'cannot be read: a web page answers in place of the registry',
    why: 'A login page or a portal stands before the registry, or the address is not that of a registry.',
    fix: ({ registry = 'the registry' }) =>
      `Open https://${registry}/v2/ from the node: it must answer 200 or 401 with JSON.`,
  },
  'name-invalid': {
    what: 'is not a valid image reference',
    why: 'Names are lower case, with an optional tag and digest.',
    fix: () => 'Correct the reference where the manifest names it.',
  },
  'never-pull': {
    what: 'is not on the node, and its pull policy Never forbids to fetch it',
    fix: () => 'Set imagePullPolicy to IfNotPresent or Always, or load the image onto the node.',
  },
  // who may read
  'no-credentials': {
    what: 'may not be read without credentials, and the pod has none for this registry',
    why: 'Neither the pod nor its service account names a pull secret.',
    fix: (place) => `${secretCommand(place)}\n${accountCommand(place)}\nThen delete the pod.`,
  },
  'secret-missing': {
    what: 'may not be read: the pull secret that the pod names does not exist in its namespace',
    fix: secretCommand,
  },
  'secret-other-host': {
    what: 'may not be read: the pull secrets of the pod hold credentials for other registries only',
    why: 'A key below `auths` must be the very host and port of the image.',
    fix: (place) =>
      `kubectl -n ${place.namespace} delete secret ${place.secrets?.[0] ?? 'registry-pull'}\n${secretCommand(place)}`,
  },
  'credentials-refused': {
    what: 'may not be read: the registry refuses the user or the password of the pull secret',
    fix: (place) =>
      `Try them: docker login ${place.registry ?? 'HOST'}. Then make the secret anew:\n${secretCommand(place)}`,
  },
  forbidden: {
    what: 'may not be read with these credentials: the registry knows the user and says no (403)',
    fix: ({ registry = 'the registry' }) =>
      `Give the user the right to pull from this repository at ${registry}.`,
  },
  'rate-limited': {
    what: 'is refused for now: the registry answers that it was asked too often (429)',
    fix: () => 'Wait, pull with credentials that have a higher limit, or mirror the image and use the copy.',
  },
  'kubelet-limit': {
    what: 'waits for the kubelet’s own limit on pulls, not for the registry',
    why: 'Many pods at once exceed registryPullQPS (5 a second by default); it passes by itself.',
    fix: () => 'Wait a minute; if it stays, raise registryPullQPS in the kubelet’s configuration.',
  },
  // the way to the registry
  'unknown-ca': {
    what: 'cannot be fetched: the node does not trust the certificate of the registry',
    fix: ({ registry = 'HOST' }) =>
      `Put the CA onto every node as /etc/containerd/certs.d/${registry}/ca.crt with a hosts.toml that names it (\`sallyport render --node containerd\` writes one), or into the node’s system trust.`,
  },
  'certificate-expired': {
    what: 'cannot be fetched: the certificate of the registry has expired, or the clock of the node is wrong',
    fix: ({ registry = 'the registry' }) =>
      `Renew the certificate of ${registry}; compare \`date\` on the node.`,
  },
  'certificate-name': {
    what: 'cannot be fetched: the certificate of the registry is made for another name',
    fix: () => 'Use one of the names that the certificate has, or have one made for this name.',
  },
  'plain-http': {
    what: 'cannot be fetched: the registry speaks HTTP where the node expects HTTPS',
    fix: ({ registry = 'HOST' }) =>
      `Give the registry a certificate, or allow http in /etc/containerd/certs.d/${registry}/hosts.toml.`,
  },
  'host-unknown': {
    what: 'cannot be fetched: the node finds no address for the registry',
    why: 'In a closed network that is what happens to a reference that was not rewritten.',
    fix: ({ registry = 'the registry' }) =>
      `If ${registry} is your registry, correct the DNS of the nodes. If not, this image was not relocated: run \`sallyport images\` on what makes this pod, and apply the rendered output.`,
  },
  'connection-refused': {
    what: 'cannot be fetched: nothing listens at the address of the registry',
    fix: ({ registry = 'HOST' }) =>
      `Start the registry or correct the port; from the node: curl -v https://${registry}/v2/`,
  },
  unreachable: {
    what: 'cannot be fetched: the node has no way to the registry',
    fix: ({ registry = 'HOST' }) =>
      `Open the way from the nodes to ${registry} (routes, firewall, proxy of the container runtime).`,
  },
  'server-error': {
    what: 'cannot be fetched: the registry, or a proxy before it, fails',
    fix: ({ registry = 'the registry' }) =>
      `Read the log of ${registry}; pulls go on by themselves once it answers.`,
  },
  'no-answer': {
    what: 'has been on its way for long without a word from the registry',
    why: 'A registry that takes the connection and never answers makes no event at all.',
    fix: ({ registry = 'HOST' }) => `From the node: curl -v https://${registry}/v2/`,
  },
  'pull-failed': {
    what: 'cannot be pulled',
    fix: look,
  },
  // after the pull
  'command-missing': {
    what: 'has no such program as the container is to start',
    why: 'The command in the manifest does not belong to this image, or the image is another than expected.',
    fix: () =>
      'Compare the command in the manifest with the image; check that the digest is that of the lock.',
  },
  'configuration-missing': {
    what: 'cannot be started: a ConfigMap or Secret that it reads its environment from is missing',
    fix: look,
  },
  'out-of-memory': {
    what: 'was ended because it used more memory than its limit',
    fix: () => 'Raise resources.limits.memory of the container.',
  },
  'crash-loop': {
    what: 'starts and ends again and again',
    fix: (place) => logs(place, ' --previous'),
  },
  failed: {
    what: 'was run and ended with an error, and is not run again',
    fix: (place) => logs(place),
  },
  'start-failed': {
    what: 'cannot be started',
    fix: look,
  },
  // before the pull
  'volume-missing': {
    what: 'waits for a volume whose Secret or ConfigMap is missing',
    why: 'Certificates come from cert-manager: without it, or before it is ready, their Secrets do not exist.',
    fix: (place) => `kubectl -n ${place.namespace} get certificates,secrets,configmaps`,
  },
  'volume-unbound': {
    what: 'waits for storage: its PersistentVolumeClaim is not bound',
    fix: (place) =>
      `kubectl -n ${place.namespace} describe persistentvolumeclaims; kubectl get storageclasses`,
  },
  'volume-failed': {
    what: 'waits for a volume that cannot be mounted',
    fix: look,
  },
  'no-room': {
    what: 'fits on no node: there is not enough free processor or memory',
    fix: () => 'Add a node, free some room, or lower resources.requests.',
  },
  'no-matching-node': {
    what: 'may run on no node: selectors, affinity or taints exclude all of them',
    fix: () => 'kubectl get nodes --show-labels; compare with nodeSelector, affinity and tolerations.',
  },
  unschedulable: {
    what: 'was put on no node',
    fix: look,
  },
  // not even made
  quota: {
    what: 'may not be made: the quota of the namespace is used up',
    fix: ({ namespace }) => `kubectl -n ${namespace} describe resourcequotas`,
  },
  'limit-range': {
    what: 'may not be made: a LimitRange of the namespace forbids its resources',
    fix: ({ namespace }) => `kubectl -n ${namespace} describe limitranges`,
  },
  'pod-security': {
    what: 'may not be made: the Pod Security level of the namespace forbids it',
    fix: ({ namespace }) =>
      `kubectl label namespace ${namespace} pod-security.kubernetes.io/enforce=… with the level that it needs, or change the securityContext.`,
  },
  'policy-denied': {
    what: 'may not be made: an admission policy says no',
    fix: () =>
      'Read what the policy asks for; `sallyport guard` writes one that lets only relocated images pass.',
  },
  'webhook-denied': {
    what: 'may not be made: an admission webhook says no',
    fix: () => 'kubectl get validatingwebhookconfigurations,mutatingwebhookconfigurations',
  },
  'webhook-down': {
    what: 'may not be made: an admission webhook that must be asked does not answer',
    why: 'With failurePolicy Fail nothing passes while the webhook’s own pods are down.',
    fix: () =>
      'See why the pods of the webhook are not ready (they are often the ones without a pull secret); they are named in the message.',
  },
  'account-missing': {
    what: 'may not be made: its service account does not exist',
    fix: ({ namespace, serviceAccount = 'NAME' }) =>
      `kubectl -n ${namespace} create serviceaccount ${serviceAccount}`,
  },
  'not-allowed': {
    what: 'may not be made: the controller has no right to',
    fix: look,
  },
  'create-failed': {
    what: 'cannot be made',
    fix: look,
  },
} as const satisfies Readonly<Record<string, CauseText>>;

export type Cause = keyof typeof CAUSES;

/** A cause with what it was told from. */
export interface Finding {
  readonly cause: Cause;
  readonly place: Place;
  /** The cluster's own words, control characters and all: whoever prints them cleans them. */
  readonly evidence: string;
  /**
   * The words alone do not decide; what the registry says would. `unknown-ca` on containerd 1.6 also is what it says of an image that
   * is not there.
   */
  readonly doubt?: string;
}

export function causeText(cause: Cause): CauseText {
  return CAUSES[cause];
}
