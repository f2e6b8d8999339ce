import { defineConfig } from 'vitest/config';

/** Suites that need more than Node have a project of their own, so that `npm test` stays quick. */
const slow = ['registries', 'conformance', 'chaos', 'kill', 'cluster', 'package', 'browser'];

export default defineConfig({
  test: {
    globalSetup: ['test/run-folder.ts', 'test/build-once.ts'],
    reporters: ['default', './test/counts-reporter.ts'],
    projects: [
      {
        test: {
          name: 'unit',
          include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
          exclude: slow.map((name) => `test/${name}/**`),
          testTimeout: 30_000,
        },
      },
      ...slow.map((name) => ({
        test: {
          name,
          include: [`test/${name}/**/*.test.ts`],
          testTimeout: 300_000,
          hookTimeout: 300_000,
          fileParallelism: false,
        },
      })),
    ],
  },
});
