import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { ControlPlaneParts } from './control-plane.ts';
import { NODE_ADDRESS } from './namespaces.ts';

/** The image of the process that holds each pod's namespaces; the node has it before anything runs. */
export const PAUSE_IMAGE = 'sallyport/pause:1';

/** Tells the node's runtime to trust a CA for a registry's host, or takes that back. */
export function trustRegistry(folder: string, host: string, caFile: string): void {
  const dir = join(folder, 'certs.d', host);
  mkdirSync(dir, { recursive: true });
  // The CA stands at both levels: containerd 1.6 reads only the inner one, and with the inner one alone calls a 404 an x509 error.
  const lines = [
    `server = "https://${host}"`,
    `ca = "${caFile}"`,
    `[host."https://${host}"]`,
    `  ca = "${caFile}"`,
  ];
  writeFileSync(join(dir, 'hosts.toml'), `${lines.join('\n')}\n`);
}

/** containerd and its network; ready to take pods after `pauseImage` is there. */
export function startContainerd({ folder, daemons, tools }: ControlPlaneParts, pauseImage: string): void {
  for (const name of ['cni', 'certs.d']) mkdirSync(join(folder, name), { recursive: true });
  writeFileSync(join(folder, 'cni', '10-bridge.conflist'), JSON.stringify(network(folder)));
  writeFileSync(join(folder, 'containerd.toml'), containerdConfig(folder, pauseImage));
  daemons.start(
    'containerd',
    join(tools.containerd, 'containerd'),
    ['--config', join(folder, 'containerd.toml')],
    {
      PATH: `${tools.containerd}:${process.env['PATH'] ?? ''}`,
    },
  );
}

export function containerdSocket(folder: string): string {
  return join(folder, 'containerd.sock');
}

/** The kubelet and kube-proxy of node1. */
export function startKubelet({ folder, daemons, identities, ports, tools }: ControlPlaneParts): void {
  const server = `https://127.0.0.1:${ports.api}`;
  identities.issue('node-server', { user: 'system:node:node1' }, [`IP:${NODE_ADDRESS}`, 'DNS:node1']);
  const node = identities.kubeconfig('node', { user: 'system:node:node1', groups: ['system:nodes'] }, server);
  const proxy = identities.kubeconfig('proxy', { user: 'system:kube-proxy' }, server);
  makeCgroups(basename(folder));
  const kubelet = join(folder, 'kubelet.yaml');
  writeFileSync(kubelet, JSON.stringify(kubeletConfig(folder, (name) => identities.file(name))));
  daemons.start('kubelet', join(tools.kube, 'kubelet'), [
    `--config=${kubelet}`,
    `--kubeconfig=${node}`,
    `--root-dir=${join(folder, 'kubelet')}`,
    `--cert-dir=${join(folder, 'kubelet-pki')}`,
    '--hostname-override=node1',
    `--node-ip=${NODE_ADDRESS}`,
  ]);
  const proxyConfig = join(folder, 'proxy.yaml');
  writeFileSync(proxyConfig, JSON.stringify(kubeProxyConfig(proxy)));
  daemons.start('kube-proxy', join(tools.kube, 'kube-proxy'), [`--config=${proxyConfig}`]);
}

function network(folder: string): object {
  const ipam = {
    type: 'host-local',
    dataDir: join(folder, 'ipam'),
    ranges: [[{ subnet: '10.244.0.0/24' }]],
    routes: [{ dst: '0.0.0.0/0' }],
  };
  return {
    cniVersion: '1.0.0',
    name: 'test',
    plugins: [
      { type: 'bridge', bridge: 'cni0', isGateway: true, ipMasq: false, hairpinMode: true, ipam },
      { type: 'portmap', capabilities: { portMappings: true } },
    ],
  };
}

function containerdConfig(folder: string, pauseImage: string): string {
  return `version = 3
root = "${folder}/containerd"
state = "${folder}/containerd-run"
[grpc]
  address = "${containerdSocket(folder)}"
[ttrpc]
  address = "${containerdSocket(folder)}.ttrpc"
[plugins."io.containerd.cri.v1.images"]
  snapshotter = "overlayfs"
  [plugins."io.containerd.cri.v1.images".pinned_images]
    sandbox = "${pauseImage}"
  [plugins."io.containerd.cri.v1.images".registry]
    config_path = "${folder}/certs.d"
[plugins."io.containerd.cri.v1.runtime"]
  # Machines without CAP_SYS_RESOURCE may not lower a score.
  restrict_oom_score_adj = true
  [plugins."io.containerd.cri.v1.runtime".containerd]
    default_runtime_name = "runc"
    [plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
      [plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc.options]
        SystemdCgroup = false
  [plugins."io.containerd.cri.v1.runtime".cni]
    bin_dirs = ["/usr/lib/cni"]
    conf_dir = "${folder}/cni"
[plugins."io.containerd.grpc.v1.cri"]
  stream_server_address = "127.0.0.1"
`;
}

function kubeletConfig(folder: string, file: (name: string) => string): object {
  return {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    cgroupDriver: 'cgroupfs',
    cgroupRoot: `/${basename(folder)}`,
    cgroupsPerQOS: true,
    enforceNodeAllocatable: ['pods'],
    failCgroupV1: false,
    failSwapOn: false,
    containerRuntimeEndpoint: `unix://${containerdSocket(folder)}`,
    resolvConf: join(folder, 'resolv.conf'),
    clusterDNS: [NODE_ADDRESS],
    clusterDomain: 'cluster.local',
    authentication: {
      anonymous: { enabled: false },
      webhook: { enabled: true },
      x509: { clientCAFile: file('ca.crt') },
    },
    authorization: { mode: 'Webhook' },
    tlsCertFile: file('node-server.crt'),
    tlsPrivateKeyFile: file('node-server.key'),
    evictionHard: {
      'memory.available': '100Mi',
      'nodefs.available': '1%',
      'imagefs.available': '1%',
      'nodefs.inodesFree': '1%',
    },
    serializeImagePulls: false,
    // The default (5 a second) turns a burst of pods into "pull QPS exceeded" on a healthy registry.
    registryPullQPS: 0,
    nodeStatusUpdateFrequency: '4s',
    syncFrequency: '10s',
    podLogsDir: join(folder, 'podlogs'),
  };
}

function kubeProxyConfig(kubeconfig: string): object {
  return {
    apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
    kind: 'KubeProxyConfiguration',
    mode: 'iptables',
    clientConnection: { kubeconfig },
    clusterCIDR: '10.244.0.0/16',
    hostnameOverride: 'node1',
    bindAddress: NODE_ADDRESS,
    // Zero leaves the machine's own settings alone.
    conntrack: { maxPerCore: 0, min: 0, tcpEstablishedTimeout: '0s', tcpCloseWaitTimeout: '0s' },
  };
}

const CGROUPS = '/sys/fs/cgroup';

/** A cgroup for the kubelet to work in: one in every hierarchy of cgroup v1, or one in the only hierarchy of v2. */
function makeCgroups(name: string): void {
  if (readdirSync(CGROUPS).includes('cgroup.controllers')) {
    writeFileSync(join(CGROUPS, 'cgroup.subtree_control'), '+cpuset +cpu +memory +pids');
    mkdirSync(join(CGROUPS, name), { recursive: true });
    return;
  }
  for (const hierarchy of readdirSync(CGROUPS)) {
    if (hierarchy === 'unified') continue;
    mkdirSync(join(CGROUPS, hierarchy, name), { recursive: true });
  }
  // A new cpuset is empty, and nothing can be put into an empty one.
  for (const file of ['cpuset.cpus', 'cpuset.mems'])
    writeFileSync(join(CGROUPS, 'cpuset', name, file), readFileSync(join(CGROUPS, 'cpuset', file)));
}
