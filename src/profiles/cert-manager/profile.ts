import { classifier } from '../classify.ts';
import type { ProfileRequest, ResolvedProfile, UpstreamReader } from '../types.ts';
import { resolveCertManager } from './cert-manager.ts';
import { CERT_MANAGER_IMAGES } from './images.ts';

/** cert-manager alone. Throws `UPSTREAM_NOT_FOUND`. */
export async function resolveCertManagerProfile(
  request: ProfileRequest,
  upstream: UpstreamReader,
  call: { readonly signal?: AbortSignal },
): Promise<ResolvedProfile> {
  const resolved = await resolveCertManager(request.version, upstream, call);
  return {
    name: 'cert-manager',
    version: resolved.version,
    platform: request.platform,
    components: { 'cert-manager': resolved.version },
    inputs: resolved.inputs,
    images: resolved.images,
    facts: { namespaces: [], accounts: [], pullSecrets: [], arguments: resolved.arguments },
    classify: classifier({ rows: CERT_MANAGER_IMAGES, request }),
    notes: resolved.notes,
  };
}
