import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Embedded, startEmbedded } from '../../test/support/embedded.ts';
import { failureOf } from '../../test/support/registry-session.ts';
import { testContext } from '../../test/support/workflow-context.ts';
import type { Lock } from '../lock/index.ts';
import { checkPullBudget, lockPulls } from './pull-budget.ts';
import { openRegistries } from './registries.ts';

let home: string;
let hub: Embedded;
beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'sallyport-pulls-'));
  hub = await startEmbedded({
    intercept: () => ({
      rewrite: (response) => ({
        ...response,
        headers: {
          ...response.headers,
          'ratelimit-limit': '100;w=21600',
          'ratelimit-remaining': '7;w=21600',
        },
      }),
    }),
  });
});
afterEach(async () => {
  await hub.close();
  rmSync(home, { recursive: true, force: true });
});

async function check(pulls: number, wait = false, host = 'docker.io') {
  const context = testContext(home);
  const at = hub.server.registry;
  const registries = openRegistries(context, {
    [host]: { mirror: `${at}/hub`, plainHttp: true },
    [at]: { plainHttp: true },
  });
  try {
    const target = { repository: `${at}/che/redis`, tag: '7' };
    await checkPullBudget(
      context,
      registries,
      [{ reference: `${host}/library/redis:7`, target, pulls }],
      wait,
    );
    return context.events.flatMap((event) =>
      event.type === 'note' ? [`${event.level} ${event.message}`] : [],
    );
  } finally {
    registries.close();
  }
}

describe('the pulls of a copy', () => {
  it('are told before the first one, and none is made to find out', async () => {
    expect(await check(7)).toEqual(['info at least 7 pulls are needed; 7 are left of 100 pulls in 6 hours']);
    expect(hub.requests.filter((line) => line.startsWith('GET') && line.includes('/manifests/'))).toEqual([]);
  });

  it('stop a copy that cannot come to its end, or make it wait', async () => {
    expect(await failureOf(check(8))).toMatchObject({
      code: 'RATE_LIMITED',
      subject: 'docker.io',
      facts: { needed: 8 },
    });
    expect(await check(8, true)).toEqual([expect.stringContaining('will wait')]);
  });

  it('are counted whole where nothing is there yet, as in a bundle', async () => {
    const context = testContext(home);
    const registries = openRegistries(context, {
      'docker.io': { mirror: `${hub.server.registry}/hub`, plainHttp: true },
    });
    const digest = `sha256:${'a'.repeat(64)}` as const;
    const image = (reference: string, platforms: number) => ({
      reference,
      digest,
      platforms: Array.from({ length: platforms }, () => ({ platform: 'linux/amd64', digest, size: 1 })),
      referrers: [{ digest, form: 'sig' }],
    });
    const lock = {
      images: [
        image('docker.io/library/redis:7', 3),
        image('docker.io/library/a:1', 1),
        image('quay.io/a/b:1', 9),
      ],
    };
    try {
      const wishes = lockPulls(lock as unknown as Lock);
      expect(wishes.map(({ pulls }) => pulls)).toEqual([5, 2, 11]);
      await checkPullBudget(context, registries, wishes, false);
      expect(context.events).toContainEqual(
        expect.objectContaining({ message: expect.stringContaining('at least 7 pulls are needed') }),
      );
    } finally {
      registries.close();
    }
  });

  it('are no matter elsewhere', async () => {
    expect(await check(1000, false, 'quay.io')).toEqual([]);
  });
});
