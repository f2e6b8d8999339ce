import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SallyportError, systemCode } from '../../base/index.ts';
import type { HostSettings } from '../../http/index.ts';
import { DOCKER_HUB } from '../../oci/index.ts';

export interface CertsDirOptions {
  readonly homeDir: string;
  /** Replaces the usual folders, in order of precedence. */
  readonly dirs?: readonly string[];
}

/** containers-certs.d(5), then docker's. */
function usualDirs(homeDir: string): readonly string[] {
  return [join(homeDir, '.config/containers/certs.d'), '/etc/containers/certs.d', '/etc/docker/certs.d'];
}

/**
 * What `certs.d/HOST[:PORT]/` says of a host: `*.crt` are CAs added to the system's, `X.cert` with `X.key` is a client certificate.
 * The first folder that exists counts; one without the port is accepted, because some mounts cannot hold a colon.
 * Throws `CONFIG_INVALID` for half a pair and `FILE_UNREADABLE`.
 */
export function loadCertsDir(
  host: string,
  options: CertsDirOptions,
): Pick<HostSettings, 'ca' | 'cert' | 'key'> {
  for (const base of options.dirs ?? usualDirs(options.homeDir)) {
    for (const name of folderNames(host)) {
      const folder = join(base, name);
      const files = list(folder);
      if (files !== undefined) return read(folder, files);
    }
  }
  return {};
}

/** Only what may stand in a host is used as a folder name. The user knows Docker Hub by its short name. */
function folderNames(host: string): readonly string[] {
  if (!/^[A-Za-z0-9.:[\]-]+$/.test(host) || /^\.+$/.test(host)) return [];
  const withoutPort = host.replace(/:\d+$/, '');
  const hub = withoutPort === 'registry-1.docker.io' ? [DOCKER_HUB] : [];
  return [...new Set([host, withoutPort, ...hub])];
}

function list(folder: string): readonly string[] | undefined {
  try {
    return readdirSync(folder).sort();
  } catch (error) {
    // Missing, no folder, or for other users only: not a place for us.
    if (['ENOENT', 'ENOTDIR', 'EACCES', 'EPERM'].includes(systemCode(error) ?? '')) return undefined;
    throw unreadable(folder, error);
  }
}

function read(folder: string, files: readonly string[]): Pick<HostSettings, 'ca' | 'cert' | 'key'> {
  const stems = (extension: string): readonly string[] =>
    files.filter((file) => file.endsWith(extension)).map((file) => file.slice(0, -extension.length));
  const [certs, keys] = [stems('.cert'), stems('.key')];
  for (const [has, lacks, from, to] of [
    ['.cert', '.key', certs, keys],
    ['.key', '.cert', keys, certs],
  ] as const) {
    const half = from.find((stem) => !to.includes(stem));
    if (half === undefined) continue;
    throw new SallyportError('CONFIG_INVALID', `holds ${half}${has} without ${half}${lacks}`, {
      subject: folder,
      hint: 'A client certificate needs both files; CA certificates should use the extension .crt.',
    });
  }
  const ca = stems('.crt').map((stem) => content(join(folder, `${stem}.crt`)));
  const [pair] = certs;
  return {
    ...(ca.length === 0 ? {} : { ca }),
    ...(pair === undefined
      ? {}
      : { cert: content(join(folder, `${pair}.cert`)), key: content(join(folder, `${pair}.key`)) }),
  };
}

function content(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw unreadable(path, error);
  }
}

function unreadable(path: string, cause: unknown): SallyportError {
  return new SallyportError('FILE_UNREADABLE', `cannot be read (${systemCode(cause) ?? 'unknown reason'})`, {
    subject: path,
    cause,
  });
}
