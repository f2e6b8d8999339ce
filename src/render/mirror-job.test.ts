import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Lock } from '../lock/index.ts';
import { mirrorJobFiles } from './mirror-job.ts';

const lock: Lock = {
  apiVersion: 'sallyport.dev/v1alpha1',
  kind: 'Lock',
  metadata: { name: 'che' },
  madeFrom: { inputs: [] },
  platforms: [],
  images: [],
  excluded: [],
};

describe('the Jobs that copy', () => {
  const files = (workers: number, image = 'r.example/sallyport:1') =>
    Object.fromEntries(
      mirrorJobFiles({
        lock,
        workers,
        image,
        registries: { 'r.example': { caFile: 'certs/corp.pem', authFile: 'auth.json', plainHttp: false } },
      }).map(({ path, bytes }) => [path, bytes.toString('utf8')]),
    );
  const write = (workers: number) => files(workers)['jobs/mirror.yaml'] ?? '';

  it('are one pod per shard that may fail by itself, and one that finishes', () => {
    const text = write(4);
    expect(text.match(/^kind: Job$/gm)).toHaveLength(2);
    expect(text).toContain('completions: 4');
    expect(text).toContain('parallelism: 4');
    expect(text).toContain('completionMode: Indexed');
    expect(text).toContain('$(JOB_COMPLETION_INDEX)/4');
    expect(text.match(/--after-shards/g)).toHaveLength(1);
    expect(text.match(/restartPolicy: Never/g)).toHaveLength(2);
  });

  it('pull their own image with the login that they copy with', () => {
    const text = write(1);
    expect(text.match(/imagePullSecrets:\n *- name: sallyport-mirror-credentials/g)).toHaveLength(2);
    expect(text).toContain('create secret docker-registry sallyport-mirror-credentials');
    expect(text).toMatch(/- key: "?\.dockerconfigjson"?\n *path: config\.json/);
  });

  it('carry files of registries by a secret, and no credentials', () => {
    const text = write(1);
    expect(text).toContain('r.example,caFile=/files/corp.pem');
    expect(text).toContain('--from-file=corp.pem=certs/corp.pem');
    expect(text).not.toContain('auth.json');
  });

  it('come with a way to make their image, named as they name it but for its digest', () => {
    const image = 'r.example:5000/tools/sallyport:1';
    const text = files(1, `${image}@sha256:${'0'.repeat(64)}`)['jobs/Containerfile'] ?? '';
    expect(text).toContain(` -t ${image} PACKAGE\n`);
    expect(text).toContain(`podman push ${image}\n`);
    const lines = text.split('\n').filter((line) => !line.startsWith('#'));
    expect(lines.slice(0, 2)).toEqual(['ARG BASE', 'FROM $' + '{BASE}']);
  });

  it('make the command by a program that Node can read', () => {
    const [, words = '[]'] = /^RUN (.*)$/m.exec(files(1)['jobs/Containerfile'] ?? '') ?? [];
    const [node, flag, program = ''] = JSON.parse(words) as string[];
    expect([node, flag]).toEqual(['node', '-e']);
    const dir = mkdtempSync(join(tmpdir(), 'sallyport-command-'));
    const made = program.replaceAll('/opt/sallyport', dir);
    mkdirSync(join(dir, 'package', 'dist'), { recursive: true });
    writeFileSync(
      join(dir, 'package', 'dist', 'sallyport.mjs'),
      'console.log(process.argv.slice(2).join());',
    );
    execFileSync(process.execPath, ['-e', made]);
    const command = join(dir, 'bin', 'sallyport');
    expect(execFileSync(command, ['a', 'b'], { env: {}, encoding: 'utf8' })).toBe('a,b\n');
  });
});
