import { readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { cpus } from 'node:os';
import { join, resolve } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { buildCli } from '../scripts/build.ts';
import { type ControlPlane, startControlPlane } from '../test/cluster/harness/control-plane.ts';
import { NEWER, real, upstream } from '../test/cluster/harness/platform.ts';
import { buildTools } from '../test/cluster/harness/tools.ts';
import { inRunFolder } from '../test/run-folder.ts';
import { interleave, median, runOnce } from './measure.ts';

/**
 * `npm run bench:cluster`: how long applying the whole of Eclipse Che and the DevWorkspace Operator takes, against kubectl and against
 * what the server itself needs, in the same run. Each measurement has an API server of its own. Writes bench/CLUSTER.md.
 */
const ROUNDS = 3;

interface KubeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
}

const root = resolve(import.meta.dirname, '..');
const program = await buildCli(root);
const { kube } = await buildTools(['kube'], console.error);

function release(path: string): string {
  return readFileSync(join(upstream, path), 'utf8');
}

function objectsOf(text: string): KubeObject[] {
  return parseAllDocuments(text).flatMap((document) => {
    const value: unknown = document.toJS({ maxAliasCount: -1 });
    return value === null ? [] : [value as KubeObject];
  });
}

if (!real) throw new Error('the real upstream manifests are not at hand (../shared/upstream)');
const manifests = [
  'apiVersion: v1\nkind: Namespace\nmetadata: {name: devworkspace-controller}\n',
  release(`devfile/devworkspace-operator/${NEWER.dwo}/deploy/deployment/kubernetes/combined.yaml`),
  release(`eclipse-che/che-operator/${NEWER.version}/deploy/deployment/kubernetes/combined.yaml`),
];
const objects = manifests.flatMap(objectsOf);
const definitions = objectsOf(
  release(`cert-manager/cert-manager/releases/download/${NEWER.certManager}/cert-manager.yaml`),
).filter(({ kind }) => kind === 'CustomResourceDefinition');

/** A server with the kinds of cert-manager, which are not part of the measured set, and nothing else. */
async function onFreshServer(work: (plane: ControlPlane) => Promise<number>): Promise<number> {
  const plane = await startControlPlane();
  try {
    await plane.kubectl.apply(...definitions);
    await plane.kubectl('wait', 'crd', '--all', '--for=condition=Established', '--timeout=30s');
    return await work(plane);
  } finally {
    await plane.stop();
  }
}

function timed(cwd: string, ...command: readonly string[]): Promise<number> {
  return onFreshServer(async ({ kubeconfig, folder }) => {
    const env = { ...process.env, KUBECONFIG: kubeconfig, KUBECACHEDIR: join(folder, 'kubecache') };
    return (await runOnce(command, { env, cwd })).wallMs;
  });
}

/** The same objects by one connection after another request, as JSON that was ready before: what remains is the server's. */
function bare(): Promise<number> {
  return onFreshServer(async (plane) => {
    const bodies = objects.map((object) => ({ path: pathOf(object), body: JSON.stringify(object) }));
    const started = performance.now();
    for (const { path, body } of bodies) await patch(plane, path, body);
    return performance.now() - started;
  });
}

const PLURALS: Readonly<Record<string, string>> = {
  CustomResourceDefinition: 'customresourcedefinitions',
  MutatingWebhookConfiguration: 'mutatingwebhookconfigurations',
  ValidatingWebhookConfiguration: 'validatingwebhookconfigurations',
};

function pathOf({ apiVersion, kind, metadata }: KubeObject): string {
  const group = apiVersion === 'v1' ? '/api/v1' : `/apis/${apiVersion}`;
  const namespace = metadata.namespace === undefined ? '' : `/namespaces/${metadata.namespace}`;
  return `${group}${namespace}/${PLURALS[kind] ?? `${kind.toLowerCase()}s`}/${metadata.name}`;
}

async function patch(plane: ControlPlane, path: string, body: string): Promise<void> {
  const read = (name: string) => readFileSync(join(plane.folder, 'pki', name));
  const [status, said] = await new Promise<[number, string]>((done, fail) => {
    const asked = request(
      `${plane.server}${path}?fieldManager=bare&force=true`,
      {
        method: 'PATCH',
        ca: read('ca.crt'),
        cert: read('admin.crt'),
        key: read('admin.key'),
        headers: { 'content-type': 'application/apply-patch+yaml' },
      },
      (response) => {
        const parts: Buffer[] = [];
        response.on('data', (part: Buffer) => parts.push(part));
        response.on('end', () => done([response.statusCode ?? 0, Buffer.concat(parts).toString('utf8')]));
      },
    );
    asked.on('error', fail);
    asked.end(body);
  });
  if (status >= 300) throw new Error(`PATCH ${path}: ${status} ${said.slice(0, 300)}`);
}

await inRunFolder(async (dir) => {
  const file = join(dir, 'platform.yaml');
  writeFileSync(file, manifests.join('\n---\n'));
  const times = await interleave(ROUNDS, {
    ours: () => timed(dir, 'node', program, 'apply', '-f', file, '--no-wait', '--quiet'),
    kubectl: () => timed(dir, join(kube, 'kubectl'), 'apply', '--server-side', '-f', file),
    bare,
  });
  const text = results(times);
  writeFileSync(join(root, 'bench', 'CLUSTER.md'), text);
  console.log(text.trimEnd());
});

function results(times: Readonly<Record<string, readonly number[]>>): string {
  const seconds = (name: string) => (times[name] ?? []).map((ms) => (ms / 1000).toFixed(1)).join(', ');
  const of = (name: string) => median(times[name] ?? []);
  const size = (Buffer.byteLength(manifests.join('')) / 1e6).toFixed(1);
  return `${[
    '# Results of `npm run bench:cluster`',
    '',
    `${new Date().toISOString().slice(0, 10)}, Node ${process.versions.node}, ${cpus().length} cores, Kubernetes v1.34.4. ${objects.length} objects, ${size} MB of YAML: Eclipse Che ${NEWER.version} with the DevWorkspace Operator ${NEWER.dwo}, onto a server of its own each time, without waiting for pods.`,
    'Whole processes, interleaved. The machine is shared: read the ratios, not the times.',
    '',
    '| case | result | goal |',
    '|---|---|---|',
    `| \`sallyport apply\` | ${seconds('ours')} s; ${((of('ours') - of('bare')) / 1000).toFixed(1)} s on top of what the server needs | under 3 s on top |`,
    `| \`kubectl apply --server-side\` | ${seconds('kubectl')} s; ${(of('ours') / of('kubectl')).toFixed(2)} × is ours | shown |`,
    `| the same requests, one after the other, from JSON that is ready | ${seconds('bare')} s | what the server needs |`,
  ].join('\n')}\n`;
}
