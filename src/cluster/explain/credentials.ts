import { pullSecretKeys, tryParseReference } from '../../oci/index.ts';
import type { Finding } from './causes.ts';
import type { PodCircumstances } from './circumstances.ts';

/** By the name of a pull secret: the keys of its `auths`, or `missing`. */
export type SecretHosts = Readonly<Record<string, readonly string[] | 'missing'>>;

/**
 * Which of the four credential troubles it is. Words alone do not tell: containerd 1.6 says `401 Unauthorized` of all of them, containerd 2
 * `no basic auth credentials` of three. The pod's own list of secrets, and what they hold, do.
 */
export function settleCredentials(finding: Finding, { secrets, incidents }: PodCircumstances): Finding {
  const named = finding.place.secrets ?? [];
  if (named.length === 0) return { ...finding, cause: 'no-credentials' };
  const told = incidents.some(({ reason }) => reason === 'FailedToRetrieveImagePullSecret');
  const missing = named.filter((name) => secrets?.[name] === 'missing');
  const held = named.flatMap((name) => {
    const hosts = secrets?.[name];
    return hosts === undefined || hosts === 'missing' ? [] : hosts;
  });
  const image = tryParseReference(finding.place.image ?? '');
  if (!('reason' in image) && pullSecretKeys(held, image).length > 0)
    return { ...finding, cause: 'credentials-refused' };
  if (missing.length === named.length || (told && held.length === 0))
    return { ...finding, cause: 'secret-missing' };
  if (held.length > 0) return { ...finding, cause: 'secret-other-host' };
  // Nobody could read the secrets. "No credentials" although there are some means that none was for this registry.
  if (finding.cause === 'no-credentials') return { ...finding, cause: 'secret-other-host' };
  return {
    ...finding,
    doubt: 'the secrets of the pod could not be read, so they may be for another registry',
  };
}
