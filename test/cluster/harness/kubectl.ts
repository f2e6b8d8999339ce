import { spawn } from 'node:child_process';
import { setTimeout } from 'node:timers/promises';
import { bareEnvironment } from '../../support/environment.ts';

export interface KubectlRun {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Kubectl {
  /** Its stdout; throws with its stderr when it fails. */
  (...args: readonly string[]): Promise<string>;
  /** Whatever comes of it, with text for its stdin. */
  run(args: readonly string[], stdin?: string): Promise<KubectlRun>;
  /** `kubectl apply --server-side` of objects or YAML text. */
  apply(...objects: readonly (object | string)[]): Promise<string>;
  /**
   * Waits until a CustomResourceDefinition is established. Not by `kubectl wait`, which fails on the `conditions: null` that a new
   * one has for a moment.
   */
  established(definition: string): Promise<void>;
  /** What `kubectl get … -o json` says. */
  get<T = Record<string, unknown>>(...args: readonly string[]): Promise<T>;
}

interface Definition {
  readonly status?: {
    readonly conditions?: readonly { readonly type: string; readonly status: string }[] | null;
  };
}

/** kubectl of the tests' own build with this kubeconfig; its cache goes into the cluster's folder. */
export function createKubectl(options: {
  readonly program: string;
  readonly kubeconfig: string;
  readonly folder: string;
}): Kubectl {
  const run: Kubectl['run'] = (args, stdin = '') =>
    new Promise((done, fail) => {
      const child = spawn(options.program, args, {
        cwd: options.folder,
        // kubectl keys its cache by host and port, which another cluster may have had before.
        env: {
          ...bareEnvironment(options.folder),
          KUBECONFIG: options.kubeconfig,
          KUBECACHEDIR: `${options.folder}/kubecache`,
        },
      });
      const out: Buffer[] = [];
      const err: Buffer[] = [];
      child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
      child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
      child.on('error', fail);
      child.on('close', (status) =>
        done({ status, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString() }),
      );
      child.stdin.on('error', () => undefined);
      child.stdin.end(stdin);
    });
  const strict = async (args: readonly string[], stdin?: string) => {
    const { status, stdout, stderr } = await run(args, stdin);
    if (status !== 0)
      throw new Error(`kubectl ${args.join(' ')} ended with ${String(status)}: ${stderr.trim()}`);
    return stdout;
  };
  const get = async <T>(...args: readonly string[]): Promise<T> =>
    JSON.parse(await strict(['get', ...args, '-o', 'json'])) as T;
  const established = async (definition: string): Promise<void> => {
    const patience = AbortSignal.timeout(60_000);
    for (;;) {
      const { status } = await get<Definition>(`crd/${definition}`);
      if (status?.conditions?.some(({ type, status: holds }) => type === 'Established' && holds === 'True'))
        return;
      await setTimeout(200, undefined, { signal: patience });
    }
  };
  return Object.assign((...args: readonly string[]) => strict(args), {
    run,
    apply: (...objects: readonly (object | string)[]) =>
      strict(
        ['apply', '--server-side', '--field-manager=test', '-f', '-'],
        objects.map((one) => (typeof one === 'string' ? one : JSON.stringify(one))).join('\n---\n'),
      ),
    established,
    get,
  });
}
