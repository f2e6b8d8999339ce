import { describe, expect, it } from 'vitest';
import { deployment, findings, look } from '../../../test/support/discovery.ts';

const env = (name: string, value: string) =>
  deployment('env:', `  - name: ${name}`, `    value: ${JSON.stringify(value)}`);

describe('variables', () => {
  it.each([
    ['RELATED_IMAGE_che_server', 'quay.io/a/b:1', 'env likely quay.io/a/b:1'],
    ['RELATED_IMAGE_x', 'busybox', 'env likely busybox'],
    ['WORKER_IMAGE', 'a/b', 'env likely a/b'],
    ['IMAGE_CONTROLLER', 'a/b:1', 'env likely a/b:1'],
    ['DRIVER_IMAGE-580', 'a/b:1', 'env likely a/b:1'],
    ['BUILDER_CONTAINER', 'a/b:1', 'env likely a/b:1'],
    ['ANYTHING', 'quay.io/a/b:1', 'env likely quay.io/a/b:1'],
    ['ANYTHING', ' quay.io/a/b:1 ', 'env likely quay.io/a/b:1'],
    ['ANYTHING', 'oci://quay.io/a/b:1', 'env likely quay.io/a/b:1'],
    ['ANYTHING', 'a/b:1', 'shape possible a/b:1'],
    ['KAFKA_IMAGES', '3.9.0=quay.io/a/b:1\n', 'list likely quay.io/a/b:1'],
    ['KAFKA_IMAGES', '3.9.0=a/b:1', 'list likely a/b:1'],
    ['SIDECARS', 'a=quay.io/a/b:1', 'list likely quay.io/a/b:1'],
    ['COMPONENTS', '[{"container": {"image": "quay.io/a/b:1"}}]', 'embedded likely quay.io/a/b:1'],
  ])('%s=%j', (name, value, finding) => {
    expect(findings(env(name, value))).toEqual([finding]);
  });

  it.each([
    ['IMAGE_PULL_POLICY', 'Always'],
    ['IMAGE_VERSION', 'master'],
    ['IMAGE_SERVICE', 'https://images.example.org/v1'],
    ['OS_IMAGE', '/boot/vmlinuz'],
    ['REDIS', 'redis:6379'],
    ['HEALTH', 'localhost:9090/healthz'],
    ['SERVICE', 'api.team.svc.cluster.local:8080/path'],
    ['ARN', 'arn:aws:iam::123456789012:role/app'],
    ['BUCKET', 's3://bucket/path:1'],
    ['MAIL', 'team@corp.example'],
    ['TYPE', 'application/json'],
    ['SCHEDULE', '*/5 * * * *'],
    ['WHEN', '2024-01-01T00:00:00Z'],
    ['HOST', 'registry.corp.example'],
    ['REF', 'refs/heads/main'],
    ['MODULE', 'github.com/example/project:v1'],
    ['LABEL', 'app.kubernetes.io/name:x'],
    ['MOUNT', '/data:/data:ro'],
    ['EMPTY', ''],
  ])('nothing in %s=%j', (name, value) => {
    expect(look(env(name, value))).toMatchObject({ uses: [], unresolved: [] });
  });

  it.each([
    ['A_IMAGE', '${IMAGE}', 'shell-template'],
    ['A_IMAGE', '$(IMAGE)', 'kubernetes-expansion'],
    ['OTHER', 'quay.io/a/b:${TAG}', 'shell-template'],
    ['OTHER', 'quay.io/a/b:v$(VERSION)', 'kubernetes-expansion'],
    ['OTHER', 'quay.io/a/b:{{ .Tag }}', 'helm-template'],
  ])('cannot know %s=%s', (name, value, why) => {
    const found = look(env(name, value));
    expect(found.uses).toEqual([]);
    expect(found.unresolved.map((one) => [one.text, one.why])).toEqual([[value, why]]);
  });

  it.each([
    [{ INIT_IMAGE_REPOSITORY: 'quay.io/a/init', INIT_VERSION: '1.33.0' }, ['quay.io/a/init:1.33.0']],
    [{ IMAGE_REPO: 'quay.io/a', IMAGE_NAME: 'b', IMAGE_TAG: 'v1' }, ['quay.io/a/b:v1']],
    [{ REGISTRY: 'quay.io', IMAGE: 'a/b', TAG: 'v1' }, ['quay.io/a/b:v1']],
    [{ DB_IMAGE: 'quay.io/a/db:1', DB_TAG: 'v2', DB_REPO_URL: 'quay.io/b' }, ['quay.io/a/db:1']],
    [{ REDIS_IMAGE: 'a/redis', REDIS_VERSION: '7' }, ['a/redis']],
  ])('puts together %j', (variables, references) => {
    const lines = Object.entries(variables).map(([name, value]) => `  - {name: ${name}, value: "${value}"}`);
    const found = look(deployment('env:', ...lines), {});
    expect(found.uses.map(({ reference }) => reference)).toEqual(references);
    expect(found.unresolved).toEqual([]);
  });

  it.each([
    [{ DB_IMAGE: 'server', DB_REPO_URL: 'quay.io/a' }, ['quay.io/a/server']],
    [{ AGENT_IMAGE_REPOSITORY: 'quay.io/a/agent', AGENT_IMAGE_PULL_POLICY: 'Always' }, ['quay.io/a/agent']],
  ])('cannot know the tag of %j', (variables, texts) => {
    const lines = Object.entries(variables).map(([name, value]) => `  - {name: ${name}, value: "${value}"}`);
    const found = look(deployment('env:', ...lines));
    expect(found.uses).toEqual([]);
    expect(found.unresolved.map(({ text }) => text)).toEqual(texts);
  });

  it('leaves templates that name nothing alone', () => {
    expect(look(env('PATH', '${HOME}/bin:$PATH')).unresolved).toEqual([]);
  });
});
