import { describe, expect, it } from 'vitest';
import type { Lock } from '../lock/index.ts';
import { mirrorJobFile } from './mirror-job.ts';

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
  const write = (workers: number) =>
    mirrorJobFile({
      lock,
      workers,
      image: 'r.example/sallyport:1',
      registries: { 'r.example': { caFile: 'certs/corp.pem', authFile: 'auth.json', plainHttp: false } },
    }).bytes.toString('utf8');

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
});
