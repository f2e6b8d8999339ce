import { SallyportError } from '../base/index.ts';
import { resolveCertManagerProfile } from './cert-manager/profile.ts';
import { resolveChe } from './che/profile.ts';
import type { ProfileRequest, ResolvedProfile, UpstreamReader } from './types.ts';

type Resolve = (
  request: ProfileRequest,
  upstream: UpstreamReader,
  call: { readonly signal?: AbortSignal },
) => Promise<ResolvedProfile>;

/** The platforms that are known. A new one is a folder beside these and a line here. */
const PROFILES: Readonly<Record<string, Resolve>> = {
  che: resolveChe,
  'cert-manager': resolveCertManagerProfile,
};

export const PROFILE_NAMES: readonly string[] = Object.keys(PROFILES);

/** Finds the manifests and facts for a version of a platform. Throws `PROFILE_UNKNOWN` and what the profile throws. */
export async function resolveProfile(
  name: string,
  request: ProfileRequest,
  upstream: UpstreamReader,
  call: { readonly signal?: AbortSignal } = {},
): Promise<ResolvedProfile> {
  const resolve = PROFILES[name];
  if (resolve === undefined) {
    throw new SallyportError('PROFILE_UNKNOWN', 'is not a profile', {
      subject: name,
      hint: `Known profiles: ${PROFILE_NAMES.join(', ')}. For any other operator, name its manifests with -f.`,
    });
  }
  return resolve(request, upstream, call);
}
