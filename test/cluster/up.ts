import { startCluster } from './harness/cluster.ts';
import { startControlPlane } from './harness/control-plane.ts';

/** `tsx test/cluster/up.ts [node]`: a cluster to try things on by hand, until Ctrl-C. Prints how to use it as shell assignments. */
const node = process.argv[2] === 'node' ? await startCluster() : undefined;
const cluster = node ?? (await startControlPlane());
const lines = [`export KUBECONFIG=${cluster.kubeconfig}`, `export KUBECACHEDIR=${cluster.folder}/kubecache`];
if (node !== undefined) {
  const { host, caFile, authFile } = node.registry;
  lines.push(`export REGISTRY=${host} REGISTRY_CA=${caFile} REGISTRY_AUTH=${authFile}`);
}
process.stdout.write(`${lines.join('\n')}\nexport FOLDER=${cluster.folder} # ready\n`);
const stop = () => void cluster.stop().then(() => process.exit(130));
process.once('SIGINT', stop).once('SIGTERM', stop);
setInterval(() => undefined, 60_000);
