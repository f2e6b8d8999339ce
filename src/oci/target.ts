import { SallyportError } from '../base/index.ts';
import { isHost, isRepositoryPath, looksLikeHost, type Reference } from './reference.ts';

/**
 * How a source repository is named below the target prefix.
 * - `nested`: registry.corp/che + quay.io/eclipse/che-server → registry.corp/che/quay.io/eclipse/che-server
 * - `path`:   → registry.corp/che/eclipse/che-server (two sources may collide: refused by whoever sees both)
 * - `flat`:   → registry.corp/che/quay-io-eclipse-che-server, for registries that allow one level
 */
export type Naming = 'nested' | 'path' | 'flat';

export interface TargetPrefix {
  readonly registry: string;
  /** Path below the host without slashes at its ends; empty when the prefix is a bare host. */
  readonly path: string;
}

/** Throws `REFERENCE_INVALID`. A bare host is allowed; a first component that is no host is not, nor a scheme. */
export function parsePrefix(text: string): TargetPrefix {
  if (text.includes('://')) {
    const [scheme = '', rest = ''] = text.split(/:\/\/(?:[^/]*@)?/);
    const bare = rest.replace(/\/+$/, '');
    throw new SallyportError('REFERENCE_INVALID', 'is an address with a scheme', {
      subject: `${scheme}://${bare}`,
      hint: /^http$/i.test(scheme)
        ? `Write ${bare}, and switch plain http on with --registry ${bare.split('/')[0]},plainHttp.`
        : `Write ${bare}; registries are spoken to with TLS unless something else is said.`,
    });
  }
  const trimmed = text.trim().replace(/\/+$/, '');
  const slash = trimmed.indexOf('/');
  const registry = slash === -1 ? trimmed : trimmed.slice(0, slash);
  const path = slash === -1 ? '' : trimmed.slice(slash + 1);
  if (!looksLikeHost(registry) || !isHost(registry)) {
    throw new SallyportError('REFERENCE_INVALID', 'does not begin with a registry host', {
      subject: text,
      hint: 'Write it as HOST[:PORT][/PATH], for example registry.corp.example/che.',
    });
  }
  if (path !== '' && !isRepositoryPath(path)) {
    throw new SallyportError('REFERENCE_INVALID', 'has a path that no registry accepts', {
      subject: text,
      hint: 'Use lower-case letters, digits, and single . _ - between them.',
    });
  }
  return { registry, path };
}

/**
 * The target repository of a source. Colons cannot stand in a path, so they become `-` (`reg:5000` → `reg-5000`, `[::1]:5000` →
 * `0--1-5000`: a path component cannot begin or end with a dash).
 */
export function targetRepository(
  prefix: TargetPrefix,
  naming: Naming,
  source: Reference,
): { readonly registry: string; readonly repository: string } {
  const host = source.registry
    .toLowerCase()
    .replace(/^\[(.*)\]/, (_, address: string) => address.replace(/^:/, '0:').replace(/:$/, ':0'))
    .replaceAll(':', '-');
  const name =
    naming === 'path'
      ? source.repository
      : naming === 'nested'
        ? `${host}/${source.repository}`
        : `${host}/${source.repository}`.replace(/[./]/g, '-').replace(/_+/g, '-');
  return { registry: prefix.registry, repository: prefix.path === '' ? name : `${prefix.path}/${name}` };
}
