import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { bareEnvironment } from '../../support/environment.ts';
import type { Cluster } from './cluster.ts';
import { buildTools } from './tools.ts';

/** Runs commands with bash beside this process, which the cluster is reached through, as somebody who has kubectl on the PATH. */
export async function runShell(
  cluster: Cluster,
  commands: string,
  cwd: string,
): Promise<{ readonly status: number | null; readonly stderr: string }> {
  const { kube } = await buildTools(['kube']);
  const child = spawn('bash', ['-eu'], {
    cwd,
    env: {
      ...bareEnvironment(cwd),
      PATH: `${kube}:${process.env['PATH'] ?? ''}`,
      KUBECONFIG: cluster.kubeconfig,
      KUBECACHEDIR: join(cluster.folder, 'kubecache'),
    },
    stdio: ['pipe', 'ignore', 'pipe'],
  });
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString('utf8');
  });
  child.stdin.end(commands);
  const status = await new Promise<number | null>((done, fail) =>
    child.once('error', fail).once('close', done),
  );
  return { status, stderr };
}
