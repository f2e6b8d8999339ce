import { SallyportError } from '../base/index.ts';
import { DOCKER_HUB, isHost } from '../oci/index.ts';
import type { RegistrySettings } from './types.ts';

/** Where a registry of references really is. */
export interface Endpoint {
  /** Host as in references. */
  readonly registry: string;
  /** `https://host[:port]/`. */
  readonly base: URL;
  /** `host[:port]` as it was written. */
  readonly server: string;
  /** Path before each repository, without slashes at its ends. */
  readonly prefix: string;
  /** Under which name credentials are kept: the mirror's when there is one, never those of the host it stands for. */
  readonly credentialHost: string;
}

/** Docker Hub's references name a host that is not its registry (distribution/reference and docker/docker registry/config.go). */
const SERVERS: Readonly<Record<string, string>> = {
  [DOCKER_HUB]: 'registry-1.docker.io',
  'index.docker.io': 'registry-1.docker.io',
};

/** Throws `CONFIG_INVALID` for a mirror or host that is not `host[:port][/path]`. */
export function endpointOf(registry: string, { mirror, plainHttp = false }: RegistrySettings): Endpoint {
  const place = (mirror ?? registry).replace(/\/+$/, '');
  const slash = place.indexOf('/');
  const host = slash === -1 ? place : place.slice(0, slash);
  const prefix = slash === -1 ? '' : place.slice(slash + 1);
  if (
    !isHost(host) ||
    (prefix !== '' && !/^[a-z0-9._-]+(?:\/[a-z0-9._-]+)*$/.test(prefix)) ||
    /(?:^|\/)\.\.?(?:\/|$)/.test(prefix)
  ) {
    throw new SallyportError('CONFIG_INVALID', `“${place}” is not a registry address`, {
      subject: mirror === undefined ? registry : `registries.${registry}.mirror`,
      hint: 'Write it as host[:port][/path], without a scheme; plain http is switched on with plainHttp.',
    });
  }
  const server = SERVERS[host] ?? host;
  return {
    registry,
    base: new URL(`${plainHttp ? 'http' : 'https'}://${server}/`),
    server,
    prefix,
    credentialHost: host,
  };
}
