import type { Cause } from './causes.ts';

/** The first rule whose pattern the text matches tells the cause. */
export interface TextRule {
  readonly pattern: RegExp;
  readonly cause: Cause;
  /** Why these words mean this, and where they come from. */
  readonly reason: string;
}

/**
 * What the kubelet says of a failed pull. The order matters: "not found" ends four different messages and "401" stands in several, so the
 * longer words come first. Recorded on containerd 1.6.20 and 2.2.9 (test/fixtures/pull-failures).
 */
export const PULL_RULES: readonly TextRule[] = [
  {
    pattern: /pull QPS exceeded/,
    cause: 'kubelet-limit',
    reason: 'kubelet registryPullQPS: its own limit, not the registry’s',
  },
  {
    pattern: /no match for platform in manifest/,
    cause: 'platform-missing',
    reason:
      'containerd core/images: the index has no entry for the node; ends in "not found" like a missing tag',
  },
  {
    pattern: /unexpected media type text\/html/,
    cause: 'not-a-registry',
    reason: 'a page in place of a manifest; ends in "not found" too',
  },
  {
    pattern: /could not fetch content descriptor/,
    cause: 'content-missing',
    reason: 'the manifest was read, a blob was not there; ends in "not found" too',
  },
  {
    pattern: /unexpected commit digest|failed size validation|failed commit on ref|short read|unexpected EOF/,
    cause: 'content-damaged',
    reason: 'containerd content store: what arrived has another digest or length',
  },
  {
    pattern: /certificate has expired or is not yet valid/,
    cause: 'certificate-expired',
    reason: 'Go crypto/x509',
  },
  {
    pattern:
      /certificate is valid for .+, not |doesn't contain any IP SANs|certificate is not valid for any names/,
    cause: 'certificate-name',
    reason: 'Go crypto/x509 HostnameError',
  },
  {
    pattern: /x509: |failed to verify certificate|certificate signed by unknown authority/,
    cause: 'unknown-ca',
    reason: 'Go crypto/x509 UnknownAuthorityError',
  },
  {
    pattern: /server gave HTTP response to HTTPS client/,
    cause: 'plain-http',
    reason: 'Go net/http',
  },
  {
    pattern: /no such host|server misbehaving|Temporary failure in name resolution/,
    cause: 'host-unknown',
    reason: 'Go net.DNSError',
  },
  { pattern: /connection refused/, cause: 'connection-refused', reason: 'ECONNREFUSED' },
  {
    pattern:
      /no route to host|network is unreachable|i\/o timeout|context deadline exceeded|TLS handshake timeout|Client\.Timeout/,
    cause: 'unreachable',
    reason: 'EHOSTUNREACH, ENETUNREACH and time limits of Go’s dialer',
  },
  {
    pattern: /429 Too Many Requests|toomanyrequests/,
    cause: 'rate-limited',
    reason: 'distribution-spec TOOMANYREQUESTS',
  },
  {
    pattern: /failed to fetch oauth token/,
    cause: 'credentials-refused',
    reason: 'the token server was asked with credentials and said no',
  },
  {
    pattern: /no basic auth credentials|failed to fetch anonymous token|pull access denied/,
    cause: 'no-credentials',
    reason: 'containerd 2: nothing to log in with; the token server was asked without credentials',
  },
  {
    pattern: /401 Unauthorized|authentication required|unauthorized/i,
    cause: 'credentials-refused',
    reason:
      'containerd 2 says so of wrong credentials, 1.6 of missing ones too: the pod’s secrets decide (settleCredentials)',
  },
  { pattern: /403 Forbidden|\bdenied\b/, cause: 'forbidden', reason: 'the registry knows who asks' },
  { pattern: /\b5\d\d [A-Z][a-z]+/, cause: 'server-error', reason: 'HTTP 5xx' },
  {
    pattern: /not found|manifest unknown|name unknown/i,
    cause: 'image-missing',
    reason: 'containerd resolver: last, because the messages above end in the same words',
  },
];

/** What the container runtime says when the image is there and does not start. */
export const START_RULES: readonly TextRule[] = [
  { pattern: /exec format error/, cause: 'wrong-architecture', reason: 'ENOEXEC of execve' },
  {
    pattern: /exec: .*(?:no such file or directory|executable file not found|permission denied)/,
    cause: 'command-missing',
    reason: 'runc: the command is not in the image',
  },
  {
    pattern: /(?:secret|configmap) "[^"]+" not found|couldn't find key/,
    cause: 'configuration-missing',
    reason: 'kubelet CreateContainerConfigError',
  },
];

/** What the scheduler and the kubelet say of a pod that no container was started for. */
export const PLACE_RULES: readonly TextRule[] = [
  {
    pattern: /unbound immediate PersistentVolumeClaims|persistentvolumeclaim "[^"]+" not found/,
    cause: 'volume-unbound',
    reason: 'scheduler plugin VolumeBinding',
  },
  { pattern: /Insufficient |Too many pods/, cause: 'no-room', reason: 'scheduler plugin NodeResourcesFit' },
  {
    pattern: /untolerated taint|didn't match Pod's node affinity|node\(s\) didn't match|no nodes available/,
    cause: 'no-matching-node',
    reason: 'scheduler plugins TaintToleration, NodeAffinity, topology spread',
  },
];

export const VOLUME_RULES: readonly TextRule[] = [
  {
    pattern: /(?:secret|configmap) "[^"]+" not found|references non-existent (?:secret|config) key/,
    cause: 'volume-missing',
    reason: 'kubelet FailedMount',
  },
];

/** What the API server says to a controller that wants to make a pod. */
export const CREATE_RULES: readonly TextRule[] = [
  {
    pattern: /exceeded quota|must specify (?:limits|requests)/,
    cause: 'quota',
    reason: 'admission plugin ResourceQuota',
  },
  {
    pattern: /(?:maximum|minimum) (?:cpu|memory|storage|[\w./-]+) usage per|limit to request ratio/,
    cause: 'limit-range',
    reason: 'admission plugin LimitRanger',
  },
  { pattern: /violates PodSecurity/, cause: 'pod-security', reason: 'admission plugin PodSecurity' },
  {
    pattern: /ValidatingAdmissionPolicy '[^']+'/,
    cause: 'policy-denied',
    reason: 'admission plugin ValidatingAdmissionPolicy',
  },
  { pattern: /failed calling webhook/, cause: 'webhook-down', reason: 'webhook with failurePolicy Fail' },
  { pattern: /admission webhook "[^"]+" denied/, cause: 'webhook-denied', reason: 'webhook answer' },
  {
    pattern: /serviceaccount "[^"]+" not found|error looking up service account/,
    cause: 'account-missing',
    reason: 'admission plugin ServiceAccount',
  },
  { pattern: /is forbidden: User /, cause: 'not-allowed', reason: 'RBAC' },
];

export function causeOf(rules: readonly TextRule[], text: string, otherwise: Cause): Cause {
  return rules.find(({ pattern }) => pattern.test(text))?.cause ?? otherwise;
}
