import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { commandExists } from '../../support/docker-registry.ts';
import { goVersion } from './tools.ts';

/** `control-plane`: API server and controllers, by any user. `node`: a machine that runs pods, which needs root. */
export type ClusterKind = 'control-plane' | 'node';

const COMMANDS: Readonly<Record<ClusterKind, readonly string[]>> = {
  'control-plane': ['openssl', 'setpriv'],
  node: ['openssl', 'setpriv', 'unshare', 'nsenter', 'ip', 'iptables', 'runc', 'docker-registry', 'htpasswd'],
};

/**
 * Whether tests of this kind are to be skipped here, and says why in one line. Throws instead of skipping where `CI` is set and Go is
 * there: a gate that quietly leaves the cluster out proves nothing.
 */
export function skipWithout(kind: ClusterKind): boolean {
  const missing = whatIsMissing(kind);
  if (missing === undefined) return false;
  const line = `cluster tests (${kind}) need ${missing}`;
  if (process.env['CI'] === 'true' && goVersion() !== undefined) throw new Error(line);
  process.stderr.write(`skipped: ${line}\n`);
  return true;
}

function whatIsMissing(kind: ClusterKind): string | undefined {
  if (process.platform !== 'linux') return 'Linux';
  if (goVersion() === undefined) return 'Go, which builds Kubernetes from source';
  if (kind === 'node' && process.getuid?.() !== 0) return 'root';
  const commands = COMMANDS[kind].filter((name) => !commandExists(name));
  if (commands.length > 0) return `the programs ${commands.join(', ')}`;
  if (kind === 'node' && !existsSync('/usr/lib/cni/bridge')) return "Debian's containernetworking-plugins";
  return kind === 'node' && !namespacesAllowed() ? 'the right to make namespaces (unshare)' : undefined;
}

function namespacesAllowed(): boolean {
  try {
    const flags = ['--net', '--mount', '--pid', '--fork', '--mount-proc', '--kill-child'];
    execFileSync('unshare', [...flags, 'true'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
