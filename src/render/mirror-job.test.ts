import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { type Lock, readLock } from '../lock/index.ts';
import { digestOf, MEDIA_TYPES } from '../oci/index.ts';
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

/** For two platforms; the content of digests is as hard to pack as a real one's. */
function lockOf(count: number, signatures = 0): Lock {
  const digest = (what: string) => digestOf(Buffer.from(what));
  const images = Array.from({ length: count }, (_, index) => ({
    reference: `quay.io/team/component-${String(index).padStart(5, '0')}:1`,
    digest: digest(`${index}`),
    mediaType: MEDIA_TYPES.ociIndex,
    size: 1000 + index,
    platforms: ['linux/amd64', 'linux/arm64'].map((platform) => ({
      platform,
      digest: digest(`${index} ${platform}`),
      size: index,
    })),
    referrers: Array.from({ length: signatures }, (_, which) => ({
      digest: digest(`${index} ${which}`),
      form: 'referrer' as const,
    })),
    target: { repository: `r.example/team/component-${index}`, tag: '1' },
    uses: [{ file: 'a.yaml', how: 'field', path: `spec.template.spec.containers[${index}].image` }],
  }));
  const target = { prefix: 'r.example', naming: 'path', reference: 'tag-and-digest' } as const;
  return { ...lock, target, images };
}

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

  it.each([
    [10, 'sallyport.lock.yaml'],
    [3000, 'sallyport.lock.yaml.gz'],
  ])('carry the lock of %i images as %s, with all that a copy asks for', (count, name) => {
    const large = lockOf(count);
    const [, manifest] = mirrorJobFiles({ lock: large, workers: 2, image: 'r.example/s:1', registries: {} });
    const text = manifest?.bytes.toString('utf8') ?? '';
    expect(text.match(new RegExp(`"?--lock"?\\n *- /lock/${name}\\n`, 'g'))).toHaveLength(2);
    const configMap = text.split('\n---\n').find((document) => document.includes('kind: ConfigMap')) ?? '';
    const { data, binaryData } = parseYaml(configMap);
    const carried =
      data === undefined
        ? gunzipSync(Buffer.from(binaryData[name], 'base64'))
        : Buffer.from(data[name], 'utf8');
    expect(Buffer.from(binaryData?.[name] ?? '', 'base64').length).toBeLessThan(1_000_000);
    const needed = ({ reference, digest, target, referrers, size }: Lock['images'][number]) => ({
      reference,
      digest,
      target,
      referrers,
      size,
    });
    expect(readLock({ path: name, bytes: carried }).images.map(needed)).toEqual(large.images.map(needed));
  });

  it('are refused for a lock that no ConfigMap can hold, with another way', () => {
    expect(() =>
      mirrorJobFiles({ lock: lockOf(6000, 5), workers: 2, image: 'r.example/s:1', registries: {} }),
    ).toThrow(
      expect.objectContaining({ code: 'RENDER_IMPOSSIBLE', hint: expect.stringContaining('--after-shards') }),
    );
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
