import { dirname, resolve } from 'node:path';
import { SallyportError } from '../../base/index.ts';
import { execSource } from './exec-plugin.ts';
import { readBytes } from './read-bytes.ts';
import { tokenFileSource } from './token-file.ts';
import type { CredentialSource, Credentials, Entry, UserEntry } from './types.ts';

export interface CredentialRequest {
  readonly user: Entry<UserEntry>;
  readonly name: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Told to exec plugins that ask for it. */
  readonly cluster: {
    readonly server: URL;
    readonly insecure: boolean;
    readonly ca: Buffer | undefined;
    readonly serverName: string | undefined;
  };
}

/** The source of credentials that a kubeconfig user means. Throws `KUBECONFIG_INVALID` for kinds that are no more. */
export function credentialsOf(request: CredentialRequest): CredentialSource {
  const { user, name } = request;
  const { value, file } = user;
  const origin = name === '' ? `no user (${file})` : `user ${name} (${file})`;
  const provider = value['auth-provider']?.name;
  if (provider !== undefined)
    throw new SallyportError(
      'KUBECONFIG_INVALID',
      `${origin} uses the auth-provider ${provider}, which kubectl has dropped too`,
      { subject: file, hint: 'Use the exec plugin that the provider names in its documentation.' },
    );
  const extra = impersonation(value);
  if (value.exec !== undefined && value.token === undefined) {
    const source = execSource({ ...request, exec: value.exec, origin });
    return { ...source, get: async (signal) => withHeaders(await source.get(signal), extra) };
  }
  // A token file wins over a token, as in client-go.
  if (value.tokenFile !== undefined && value.tokenFile !== '') {
    const source = tokenFileSource(resolve(dirname(file), value.tokenFile), origin);
    return { ...source, get: async (signal) => withHeaders(await source.get(signal), extra) };
  }
  let made: Promise<Credentials> | undefined;
  const make = async (): Promise<Credentials> => {
    const cert = await readBytes(
      value['client-certificate-data'],
      value['client-certificate'],
      file,
      'client-certificate',
    );
    const key = await readBytes(value['client-key-data'], value['client-key'], file, 'client-key');
    const authorization =
      value.token !== undefined && value.token !== ''
        ? `Bearer ${value.token}`
        : value.username !== undefined && value.username !== ''
          ? `Basic ${Buffer.from(`${value.username}:${value.password ?? ''}`).toString('base64')}`
          : undefined;
    return {
      headers: { ...(authorization === undefined ? {} : { authorization }), ...extra },
      origin,
      ...(cert === undefined || key === undefined ? {} : { cert, key }),
    };
  };
  return {
    get: () => {
      made ??= make();
      return made;
    },
    renew: () => false,
  };
}

function withHeaders(credentials: Credentials, extra: Readonly<Record<string, string>>): Credentials {
  return { ...credentials, headers: { ...credentials.headers, ...extra } };
}

/** Headers hold one group only, because a header name stands once in a request of ours; several groups are refused. */
function impersonation(user: UserEntry): Record<string, string> {
  const groups = user['as-groups'] ?? [];
  if (groups.length > 1)
    throw new SallyportError('KUBECONFIG_INVALID', 'as-groups with more than one group is not supported');
  return {
    ...(user.as === undefined || user.as === '' ? {} : { 'impersonate-user': user.as }),
    ...(groups[0] === undefined ? {} : { 'impersonate-group': groups[0] }),
  };
}
