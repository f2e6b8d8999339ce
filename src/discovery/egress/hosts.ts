/** Addresses that a closed network misses, known by name: why it hurts. Source: the components' own documentation of offline use. */
export const KNOWN_HOSTS: readonly { readonly host: RegExp; readonly reason: string }[] = [
  { host: /^registry\.devfile\.io$/, reason: 'the dashboard reads sample devfiles there' },
  { host: /^open-vsx\.org$/, reason: 'editors install extensions from there' },
  { host: /^marketplace\.visualstudio\.com$/, reason: 'editors install extensions from there' },
  {
    host: /^(?:github\.com|raw\.githubusercontent\.com|objects\.githubusercontent\.com|codeload\.github\.com)$/,
    reason: 'files are read from GitHub at run time',
  },
  { host: /^api\.github\.com$/, reason: 'GitHub is asked at run time' },
  { host: /^(?:.*\.)?gitlab\.com$/, reason: 'files are read from GitLab at run time' },
  { host: /^(?:.*\.)?jetbrains\.com$/, reason: 'JetBrains editors are downloaded from there' },
  { host: /^charts\./, reason: 'Helm charts are read there' },
  { host: /^(?:hub|registry-1|auth)\.docker\.(?:com|io)$/, reason: 'Docker Hub is asked at run time' },
  { host: /^registry\.npmjs\.org$/, reason: 'npm packages are installed from there' },
  { host: /^(?:pypi\.org|files\.pythonhosted\.org)$/, reason: 'Python packages are installed from there' },
  { host: /^(?:proxy|sum)\.golang\.org$/, reason: 'Go modules are read there' },
  { host: /^repo1?\.maven\.(?:apache\.)?org$/, reason: 'Maven artefacts are read there' },
  { host: /^acme-.*\.letsencrypt\.org$/, reason: 'certificates are asked for there' },
];

/** Why any other host counts. */
export const ANY_HOST = 'a component is configured to ask this host';

/** Why a host counts that a script downloads from. */
export const FROM_SCRIPT = 'a script downloads from this host';

/** Hosts that are inside of the cluster or the machine, reserved for examples (RFC 2606, RFC 6761), or names of schemas that nothing downloads. */
const NOT_ELSEWHERE: readonly RegExp[] = [
  /^localhost$/,
  /\.(?:svc|local|localhost|internal|invalid|test|example)$/,
  /\.svc\./,
  /^(?:.*\.)?example\.(?:com|org|net)$/,
  /^\d{1,3}(?:\.\d{1,3}){3}$/,
  /^schemas?\./,
  /^(?:.*\.)?w3\.org$/,
  /^(?:www\.)?(?:json-schema|apache|spdx|xml)\.org$/,
  /^(?:.*\.)?(?:kubernetes|k8s)\.io$/,
];

/** Top-level domains of public hosts beside those of countries; `grafana.istio` is a service and its namespace. */
const PUBLIC = new Set(
  (
    'com org net edu gov mil int info biz name pro io ai app dev cloud tech online site xyz page run sh blog store shop academy agency ' +
    'build center codes community company computer consulting data design digital directory email engineering enterprises expert ' +
    'finance foundation games global group guide help host hosting institute international land life live media museum network news ' +
    'ninja one partners plus press rocks science security services show social software solutions space studio support systems team ' +
    'technology today tools training tube university ventures wiki work works world zone'
  ).split(' '),
);

/** Whether a host is out in the internet by its name. */
export function isPublicHost(host: string): boolean {
  const last = host.slice(host.lastIndexOf('.') + 1);
  if (last.length !== 2 && !PUBLIC.has(last)) return false;
  return !NOT_ELSEWHERE.some((pattern) => pattern.test(host));
}

/** Keys whose links are for people, or name something without asking it. */
const LINK_KEYS = new Set(
  (
    'annotations bugs changelog description displayname doc docs documentation email externaldocs headermessage help home homepage ' +
    'icon iconurl issues licence license link links logo logourl maintainer maintainers message namespaceuri projecturl readme ref ' +
    'reference repo repository schema see source sources support supporturl title url.docs website $id $ref $schema'
  ).split(' '),
);
const LINK_ENDING = /(?:doc|docs|documentation|help|license|homepage)(?:url|link|uri)?$/;

/** True for keys whose links a person follows, not a program. */
export function isForPeople(key: string): boolean {
  const lower = key.toLowerCase().replace(/[_-]/g, '');
  return LINK_KEYS.has(lower) || LINK_ENDING.test(lower);
}
