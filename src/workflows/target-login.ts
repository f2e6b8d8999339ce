import { resolve } from 'node:path';
import { SallyportError } from '../base/index.ts';
import type { RegistryConfig } from '../lock/index.ts';
import { createCredentialSource } from '../registry/index.ts';
import type { WorkflowContext } from './context.ts';

/**
 * The login that this machine has for a repository, as the content of a pull secret (`.dockerconfigjson`); undefined when it has none. Throws
 * `CREDENTIALS_INVALID`, and `UNAUTHORIZED` for a token, which pods cannot use.
 */
export async function targetLogin(
  context: WorkflowContext,
  { registry, repository }: { readonly registry: string; readonly repository: string },
  registries: Readonly<Record<string, RegistryConfig>>,
): Promise<string | undefined> {
  const source = createCredentialSource({
    env: context.env,
    homeDir: context.homeDir,
    authFileFor: (host) => {
      const file = registries[host]?.authFile;
      return file === undefined ? undefined : resolve(context.cwd, file);
    },
  });
  const found = await source.lookup(registry, repository, context.signal);
  if (found === undefined) return undefined;
  if (found.kind !== 'password')
    throw new SallyportError('UNAUTHORIZED', `${found.origin} holds a token, which pods cannot use`, {
      subject: registry,
    });
  const auth = Buffer.from(`${found.username}:${found.password}`).toString('base64');
  return JSON.stringify({
    auths: { [registry]: { username: found.username, password: found.password, auth } },
  });
}
