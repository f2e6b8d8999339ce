import { accessSync, constants, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { combineErrors, SallyportError, systemCode } from '../base/index.ts';
import type { HostSettings } from '../http/index.ts';
import type { RegistryConfig } from '../lock/index.ts';
import { DOCKER_HUB } from '../oci/index.ts';
import { loadCertsDir } from '../registry/index.ts';
import type { WorkflowContext } from './context.ts';

const FILES = ['caFile', 'certFile', 'keyFile', 'authFile'] as const;

/**
 * Finds wrong paths before the first request: at the request they would be the failure of every image, or of none when a login turns out
 * not to be needed. Throws `CONFIG_INVALID` for half a client certificate, `FILE_NOT_FOUND`, `FILE_UNREADABLE`; all together.
 */
export function checkRegistryFiles(
  context: Pick<WorkflowContext, 'cwd'>,
  registries: Readonly<Record<string, RegistryConfig>>,
): void {
  const wrong = Object.entries(registries).flatMap(([host, config]) => {
    const { certFile, keyFile } = config;
    const half =
      (certFile === undefined) === (keyFile === undefined)
        ? []
        : [
            new SallyportError('CONFIG_INVALID', 'has only one of certFile and keyFile', {
              subject: `registries.${host}`,
              hint: 'A client certificate needs both.',
            }),
          ];
    return [
      ...half,
      ...FILES.flatMap((key) => {
        const file = config[key];
        if (file === undefined) return [];
        try {
          accessSync(resolve(context.cwd, file), constants.R_OK);
          return [];
        } catch (cause) {
          return [unreadable(host, key, file, cause)];
        }
      }),
    ];
  });
  if (wrong.length > 0) throw combineErrors(wrong, `${wrong.length} settings of registries cannot be used`);
}

type RegistryConfigs = Readonly<Record<string, RegistryConfig>>;

/** How a registry is read. Where a mirror stands for it, its keys speak of the mirror's server; what is said of that server itself comes first. */
export function sourceConfigOf(registries: RegistryConfigs, registry: string): RegistryConfig {
  const config = registries[registry] ?? {};
  const server = serverOf(config);
  return server === undefined ? config : { ...config, ...spokenOf(registries, server) };
}

/** Settings of a host on the wire: what is said of it, and of the registries whose mirror it is. */
export function configOf(registries: RegistryConfigs, host: string): RegistryConfig | undefined {
  const own = host === 'registry-1.docker.io' ? DOCKER_HUB : host;
  const standing = Object.values(registries).filter((config) => serverOf(config) === host);
  // Without any of these, what is said of its mirror is all that is known of a host that is written to.
  if (standing.length === 0) return registries[own];
  const { mirror: _, ...joined } = Object.assign(
    {},
    ...standing.toReversed(),
    spokenOf(registries, own),
  ) as RegistryConfig;
  return joined;
}

/** What is said of a host itself, and not of a mirror of it. */
function spokenOf(registries: RegistryConfigs, host: string): RegistryConfig | undefined {
  const config = registries[host];
  return config?.mirror === undefined ? config : undefined;
}

function serverOf({ mirror }: RegistryConfig): string | undefined {
  return mirror?.split('/')[0];
}

/** TLS settings of a host, with what its folder in certs.d holds. Reads the files; throws `FILE_NOT_FOUND`, `FILE_UNREADABLE`. */
export function settingsOf(
  context: WorkflowContext,
  registries: Readonly<Record<string, RegistryConfig>>,
  host: string,
): HostSettings {
  const config = configOf(registries, host) ?? {};
  const folder = loadCertsDir(host, { homeDir: context.homeDir });
  const ca = [
    ...(folder.ca ?? []),
    ...(config.caFile === undefined ? [] : [readFile(context, host, 'caFile', config.caFile)]),
  ];
  const cert =
    config.certFile === undefined ? folder.cert : readFile(context, host, 'certFile', config.certFile);
  const key = config.keyFile === undefined ? folder.key : readFile(context, host, 'keyFile', config.keyFile);
  return {
    ...(config.plainHttp === undefined ? {} : { plainHttp: config.plainHttp }),
    ...(config.insecureSkipVerify === undefined ? {} : { insecureSkipVerify: config.insecureSkipVerify }),
    ...(ca.length === 0 ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  };
}

function readFile(
  context: Pick<WorkflowContext, 'cwd'>,
  host: string,
  key: (typeof FILES)[number],
  file: string,
): Buffer {
  try {
    return readFileSync(resolve(context.cwd, file));
  } catch (cause) {
    throw unreadable(host, key, file, cause);
  }
}

function unreadable(host: string, key: string, file: string, cause: unknown): SallyportError {
  const isMissing = systemCode(cause) === 'ENOENT';
  return new SallyportError(
    isMissing ? 'FILE_NOT_FOUND' : 'FILE_UNREADABLE',
    isMissing
      ? `does not exist (${key} of ${host})`
      : `cannot be read (${key} of ${host}: ${systemCode(cause) ?? 'unknown reason'})`,
    {
      subject: file,
      cause,
      hint: `Correct ${key} of ${host}, in --registry or under registries in sallyport.yaml.`,
    },
  );
}
