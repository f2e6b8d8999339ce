import type { Lock, RenderConfig } from '../../lock/index.ts';
import type { Finding, OutputFile } from '../types.ts';
import { containerdFiles } from './containerd.ts';
import { crioFiles } from './crio.ts';
import { k3sFiles } from './k3s.ts';
import { hostMappings } from './mappings.ts';
import { openshiftFiles } from './openshift.ts';

export interface NodeOptions {
  readonly lock: Lock;
  readonly kinds: RenderConfig['nodeConfig'];
  /** How nodes reach the target. */
  readonly scheme: 'http' | 'https';
}

/** Node configuration that redirects pulls of the original references to the target, made from the lock. */
export function nodeFiles(options: NodeOptions): {
  readonly files: readonly OutputFile[];
  readonly findings: readonly Finding[];
} {
  const mappings = hostMappings(options.lock);
  const files: OutputFile[] = [];
  const findings: Finding[] = [];
  for (const kind of [...new Set(options.kinds)].sort()) {
    if (kind === 'containerd') {
      const made = containerdFiles(mappings, options.scheme);
      files.push(...made.files);
      findings.push(...made.findings);
    } else if (kind === 'crio') files.push(...crioFiles(mappings, options.scheme));
    else if (kind === 'openshift') files.push(...openshiftFiles(mappings, options.lock.metadata.name));
    else files.push(...k3sFiles(mappings, options.scheme));
  }
  return { files, findings };
}
