import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ControlPlane, startControlPlane } from './harness/control-plane.ts';
import { skipWithout } from './harness/needs.ts';
import { BUILD_TIME } from './harness/tools.ts';

describe.skipIf(skipWithout('control-plane'))('a control plane alone', () => {
  let plane: ControlPlane;
  beforeAll(async () => {
    plane = await startControlPlane();
  }, BUILD_TIME);
  afterAll(() => plane?.stop());

  it('runs the controllers: a Deployment becomes pods, which nothing runs', async () => {
    await plane.kubectl('create', 'deployment', 'web', '--image=quay.io/example/web:1');
    await plane.kubectl('wait', 'deployment/web', '--for=create', '--timeout=10s');
    await expect
      .poll(async () => (await plane.kubectl('get', 'pods', '-l', 'app=web', '-o', 'name')).trim(), {
        timeout: 20_000,
      })
      .toMatch(/^pod\/web-/);
    const pods = await plane.kubectl.get<{ items: { status: { phase: string } }[] }>('pods', '-l', 'app=web');
    expect(pods.items.map((pod) => pod.status.phase)).toEqual(['Pending']);
  });

  it('knows other users, who may do what their roles say', async () => {
    const kubeconfig = plane.kubeconfigFor({ user: 'guest', groups: ['visitors'] });
    const asked = await plane.kubectl.run(['--kubeconfig', kubeconfig, 'get', 'pods']);
    expect(asked.status).toBe(1);
    expect(asked.stderr).toContain('User "guest" cannot list resource "pods"');
  });

  it('goes away and comes back with what it held', async () => {
    await plane.kubectl('create', 'configmap', 'kept', '--from-literal=a=b');
    await plane.pause();
    expect((await plane.kubectl.run(['get', 'configmap', 'kept'])).status).toBe(1);
    await plane.resume();
    expect(await plane.kubectl('get', 'configmap', 'kept', '-o', 'jsonpath={.data.a}')).toBe('b');
  });
});
