import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatBytes } from '../../src/base/index.ts';
import type { Bench, Case } from '../bench.ts';
import { interleave, peak, runOnce, wall } from '../measure.ts';

export const start: Case = {
  needs: ['/usr/bin/time'],
  run: async ({ program, report }) => {
    const runs = await interleave(11, {
      bare: () => runOnce(['node', '-e', '0']),
      ours: () => runOnce(['node', program, '--version']),
    });
    report(
      '`--version` against bare `node -e 0`',
      `${(wall(runs['ours']) / wall(runs['bare'])).toFixed(2)} × (${wall(runs['ours']).toFixed(0)} against ${wall(runs['bare']).toFixed(0)} ms)`,
      'about the same',
    );
  },
};

export const images: Case = {
  needs: ['/usr/bin/time'],
  run: async (bench) => {
    const { program, report } = bench;
    const manifest = realManifest(bench) ?? bigManifest(bench.dir);
    const runs = await interleave(11, {
      bare: () => runOnce(['node', '-e', '0']),
      ours: () => runOnce(['node', program, 'images', '-f', manifest, '-o', 'name']),
    });
    report(
      '`images` on a 28,000-line manifest',
      `bare node + ${(wall(runs['ours']) - wall(runs['bare'])).toFixed(0)} ms (${(wall(runs['ours']) / wall(runs['bare'])).toFixed(2)} ×), ${formatBytes(peak(runs['ours']))}`,
      'bare node + 40 ms',
    );
  },
};

function realManifest({ root }: Bench): string | undefined {
  const file = join(
    root,
    '..',
    'shared',
    'upstream',
    'devfile/devworkspace-operator/v0.42.0/deploy/deployment/kubernetes/combined.yaml',
  );
  return existsSync(file) ? file : undefined;
}

/** As large as the real one where that is not at hand: schemas with a Deployment at the end. */
function bigManifest(dir: string): string {
  const schema = Array.from({ length: 27_000 }, (_, index) => `          field${index}:`).map(
    (line) => `${line} {type: string, description: "a field"}`,
  );
  const file = join(dir, 'big.yaml');
  writeFileSync(
    file,
    [
      'apiVersion: apiextensions.k8s.io/v1',
      'kind: CustomResourceDefinition',
      'metadata: {name: big}',
      'spec:',
      '  versions:',
      '    - schema:',
      '        openAPIV3Schema:',
      '          properties:',
      ...schema,
      '---',
      'kind: Deployment',
      'metadata: {name: big}',
      'spec:',
      '  template:',
      '    spec:',
      '      containers:',
      '        - image: quay.io/example/app:1.0',
      '',
    ].join('\n'),
  );
  return file;
}
