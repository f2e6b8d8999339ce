import { SallyportError } from '../../base/index.ts';
import type { DefaultArgument } from '../../facts/index.ts';
import type { ProfileImage, ProfileInput, UpstreamReader } from '../types.ts';

/** What chectl 7.62–7.121 installs. Source: che-incubator/chectl 7.121.0, src/tasks/installers/cert-manager-installer.ts l.23. */
export const CHECTL_CERT_MANAGER = 'v1.8.2';

const NAMES = ['controller', 'webhook', 'cainjector'] as const;
const SOURCE = 'cert-manager/cert-manager, make/manifests.mk and cmd/controller/app/options';

export interface CertManager {
  readonly version: string;
  readonly inputs: readonly ProfileInput[];
  readonly images: readonly ProfileImage[];
  readonly arguments: readonly DefaultArgument[];
  readonly notes: readonly string[];
}

/**
 * cert-manager at a version, or at the one that chectl installs (`auto`). Its images are known even where its manifest is not to be had;
 * the ACME solver is compiled into old versions and stands in no manifest. Throws `UPSTREAM_NOT_FOUND` for an explicit version.
 */
export async function resolveCertManager(
  wish: string,
  upstream: UpstreamReader,
  call: { readonly signal?: AbortSignal },
): Promise<CertManager> {
  const version = wish === 'auto' ? CHECTL_CERT_MANAGER : wish.startsWith('v') ? wish : `v${wish}`;
  const path = `cert-manager/cert-manager/releases/download/${version}/cert-manager.yaml`;
  const bytes = await upstream.read(path, call);
  if (bytes === undefined && wish !== 'auto') {
    throw new SallyportError('UPSTREAM_NOT_FOUND', `there is no manifest of cert-manager ${version}`, {
      subject: upstream.locate(path),
    });
  }
  const image = (name: string, reason: string): ProfileImage => ({
    reference: `quay.io/jetstack/cert-manager-${name}:${version}`,
    reason,
    source: SOURCE,
  });
  const solver = image(
    'acmesolver',
    'cert-manager starts it for ACME HTTP-01 challenges; old versions have it compiled in',
  );
  if (bytes !== undefined)
    return {
      version,
      inputs: [{ role: 'cert-manager', path, bytes }],
      images: [solver],
      // recent manifests have the argument, and then it stays as it is
      arguments: [
        {
          deployment: 'cert-manager',
          flag: '--acme-http01-solver-image',
          reference: solver.reference,
          reason: solver.reason,
          source: SOURCE,
        },
      ],
      notes: [],
    };
  return {
    version,
    inputs: [],
    arguments: [],
    images: [...NAMES.map((name) => image(name, 'a component of cert-manager')), solver],
    notes: [
      `the manifest of cert-manager ${version} is not at ${upstream.locate(path)}: its images are included, its manifest is not rendered (choose one with --cert-manager, or none)`,
    ],
  };
}
