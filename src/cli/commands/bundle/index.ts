import { buildRouteMap } from '@stricli/core';
import { createCommand } from './create.ts';
import { inventoryCommand } from './inventory.ts';
import { loadCommand } from './load.ts';
import { serveCommand } from './serve.ts';
import { diffCommand, inspectCommand, lsCommand, verifyCommand } from './show.ts';

export type { BundleCreateFlags } from './create.ts';
export type { BundleInventoryFlags } from './inventory.ts';
export type { BundleLoadFlags } from './load.ts';
export type { BundleServeFlags } from './serve.ts';
export type { BundleShowFlags } from './show.ts';

export const bundleRoutes = buildRouteMap({
  routes: {
    create: createCommand,
    load: loadCommand,
    verify: verifyCommand,
    ls: lsCommand,
    inspect: inspectCommand,
    diff: diffCommand,
    inventory: inventoryCommand,
    serve: serveCommand,
  },
  docs: { brief: 'Everything in one file, to be carried over an air gap' },
});
