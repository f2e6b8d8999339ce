import { buildTools } from './harness/tools.ts';

/** Builds what the cluster suite needs, ahead of it: minutes on a new machine, nothing afterwards. */
await buildTools(['standin', 'containerd', 'kube'], (line) => void process.stderr.write(`${line}\n`));
