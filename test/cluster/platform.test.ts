import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Cluster } from './harness/cluster.ts';
import { skipWithout } from './harness/needs.ts';
import { developerImage, NEWER, type PlatformBench, type Relocated, startBench } from './harness/platform.ts';
import { runShell } from './harness/shell.ts';
import { BUILD_TIME } from './harness/tools.ts';
import { bringUser, serviceAccount, untilPhase, workspace } from './harness/workspace.ts';

interface Pods {
  readonly items: readonly {
    readonly metadata: { readonly name: string; readonly namespace: string };
    readonly spec: { readonly containers: readonly { readonly image: string }[] };
  }[];
}

/** The rendered folder, applied with kubectl as its README says, onto a node that can reach the private registry alone. */
describe.skipIf(skipWithout('node'))(`Che ${NEWER.version} by the README of its folder`, () => {
  let bench: PlatformBench;
  let cluster: Cluster;
  let relocated: Relocated;

  beforeAll(async () => {
    bench = await startBench();
    cluster = bench.cluster;
    relocated = await bench.relocate(NEWER);
  }, BUILD_TIME);
  afterAll(() => bench?.stop());

  it('comes up, operators and what they make', async () => {
    const readme = readFileSync(join(relocated.out, 'README.md'), 'utf8');
    for (const title of ['First: namespaces and pull secrets', 'Apply']) {
      const { status, stderr } = await runShell(cluster, commandsUnder(readme, title), relocated.out);
      expect(status, `${title}: ${stderr}`).toBe(0);
    }
    await cluster.kubectl(
      '-n',
      'eclipse-che',
      'wait',
      'deployment/che-gateway',
      '--for=create',
      '--timeout=60s',
    );
    await cluster.kubectl(
      '-n',
      'eclipse-che',
      'rollout',
      'status',
      'deployment/che-gateway',
      '--timeout=60s',
    );
  });

  it('runs nothing that is not pinned and from the private registry', async () => {
    const { items } = await cluster.kubectl.get<Pods>('pods', '-A');
    const images = items.flatMap(({ metadata, spec }) =>
      spec.containers.map(({ image }) => `${metadata.namespace}/${metadata.name} ${image}`),
    );
    expect(images.length).toBeGreaterThan(12);
    const pinned = new RegExp(` ${cluster.registry.host}/che/\\S+@sha256:[0-9a-f]{64}$`);
    expect(images.filter((line) => !pinned.test(line))).toEqual([]);
  });

  it('fails a workspace without the secret, and its deletion waits for an image that cannot be pulled', async () => {
    // First of these, because a node that has the images once starts them without any secret.
    const image = developerImage(relocated);
    await cluster.kubectl('create', 'namespace', 'bob');
    await cluster.kubectl.apply(workspace({ namespace: 'bob', name: 'stuck', image, storage: 'per-user' }));
    await untilPhase(cluster, 'bob', 'stuck', 'Failed');
    const message = await cluster.kubectl(
      '-n',
      'bob',
      'get',
      'devworkspace',
      'stuck',
      '-o',
      'jsonpath={.status.message}',
    );
    expect(message).toContain('Init Container project-clone has state ImagePullBackOff');
    const deletion = await cluster.kubectl.run([
      '-n',
      'bob',
      'delete',
      'devworkspace',
      'stuck',
      '--timeout=5s',
    ]);
    expect(deletion.status).toBe(1);
    await cluster.kubectl.apply(
      cluster.pullSecret({ name: 'default-pull', namespace: 'bob' }),
      serviceAccount('bob', ['default-pull']),
    );
    await cluster.kubectl(
      '-n',
      'bob',
      'delete',
      'pods',
      '-l',
      'batch.kubernetes.io/job-name',
      '--wait=false',
    );
    await cluster.kubectl('-n', 'bob', 'wait', 'devworkspace/stuck', '--for=delete', '--timeout=90s');
  });

  it('starts a workspace with the labelled secret, and cleans up after it', async () => {
    // Che copies the labelled secret into the namespaces of users.
    await bringUser(cluster, 'alice');
    await cluster.kubectl.apply(
      cluster.pullSecret({ name: 'default-pull', namespace: 'alice' }),
      serviceAccount('alice', ['default-pull']),
    );
    await cluster.kubectl.apply(
      workspace({ namespace: 'alice', name: 'plain', image: developerImage(relocated) }),
    );
    await untilPhase(cluster, 'alice', 'plain', 'Running');
    await cluster.kubectl('-n', 'alice', 'delete', 'devworkspace', 'plain', '--timeout=60s');
    expect(
      await cluster.kubectl('-n', 'alice', 'get', 'jobs', '-o', 'jsonpath={.items[*].status.succeeded}'),
    ).toBe('1');
  });

  it('keeps the webhook account’s secret over a restart only while it carries both labels', async () => {
    const account = ['-n', 'devworkspace-controller', 'serviceaccount', 'devworkspace-webhook-server'];
    const secrets = () => cluster.kubectl('get', ...account, '-o', 'jsonpath={.imagePullSecrets[*].name}');
    const restart = async () => {
      const controller = 'deployment/devworkspace-controller-manager';
      await cluster.kubectl('-n', 'devworkspace-controller', 'rollout', 'restart', controller);
      await cluster.kubectl(
        '-n',
        'devworkspace-controller',
        'rollout',
        'status',
        controller,
        '--timeout=90s',
      );
    };
    await restart();
    expect(await secrets()).toBe('registry-pull');
    await cluster.kubectl('label', ...account, 'app.kubernetes.io/part-of-');
    await restart();
    expect(await secrets()).toBe('');
  });
});

/** The shell blocks under a heading of Markdown text. */
function commandsUnder(markdown: string, title: string): string {
  const section = markdown.split(/^## /m).find((part) => part.startsWith(title)) ?? '';
  return [...section.matchAll(/^```sh\n([\s\S]*?)^```/gm)]
    .map(([, commands]) => commands ?? '')
    .filter((commands) => !commands.includes('USER_NAMESPACE'))
    .join('');
}
