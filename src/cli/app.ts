import {
  type Application,
  buildApplication,
  buildRouteMap,
  type Command,
  type RouteMap,
} from '@stricli/core';
import type { CliContext } from './context.ts';
import { usageText } from './usage-errors.ts';

type Route = Command<CliContext> | RouteMap<CliContext>;

/** Every command, in the order of the help. Each is loaded when it is meant: reading them all costs every start milliseconds. */
const ROUTES = {
  relocate: async () => (await import('./commands/relocate.ts')).relocateCommand,
  init: async () => (await import('./commands/init.ts')).initCommand,
  images: async () => (await import('./commands/images.ts')).imagesCommand,
  lock: async () => (await import('./commands/lock.ts')).lockCommand,
  mirror: async () => (await import('./commands/mirror.ts')).mirrorCommand,
  bundle: async () => (await import('./commands/bundle/index.ts')).bundleRoutes,
  render: async () => (await import('./commands/render.ts')).renderCommand,
  diff: async () => (await import('./commands/diff.ts')).diffCommand,
  apply: async () => (await import('./commands/apply.ts')).applyCommand,
  rollback: async () => (await import('./commands/rollback.ts')).rollbackCommand,
  verify: async () => (await import('./commands/verify.ts')).verifyCommand,
  guard: async () => (await import('./commands/guard.ts')).guardCommand,
  chectl: async () => (await import('./commands/chectl.ts')).chectlCommand,
  doctor: async () => (await import('./commands/doctor.ts')).doctorCommand,
  registry: async () => (await import('./commands/registry.ts')).registryRoutes,
  completion: async () => (await import('./commands/completion.ts')).completionCommand,
  complete: async () => (await import('./commands/completion.ts')).completeCommand,
} satisfies Readonly<Record<string, () => Promise<Route>>>;

/**
 * The application as data: what is run, documented and completed. With the first word of a command line that is the very name of a command
 * it has that command alone; else all of them, for help, completion and the nearest name of a wrong one.
 */
export async function buildApp(version: string, firstWord?: string): Promise<Application<CliContext>> {
  const all = Object.entries<() => Promise<Route>>(ROUTES);
  const named = all.filter(([name]) => name === firstWord);
  const loaded = (named.length > 0 ? named : all).map(async ([name, load]) => [name, await load()] as const);
  const routes = Object.fromEntries(await Promise.all(loaded));
  const root = buildRouteMap<string, CliContext>({
    routes,
    docs: {
      brief:
        'Move an operator-based Kubernetes platform onto a private registry, and prove that nothing else runs',
      ...('complete' in routes ? { hideRoute: { complete: true } } : {}),
    },
  });
  return buildApplication(root, {
    name: 'sallyport',
    versionInfo: { currentVersion: version },
    localization: { loadText: () => usageText },
    scanner: { caseStyle: 'allow-kebab-for-camel', allowArgumentEscapeSequence: true },
    documentation: { caseStyle: 'convert-camel-to-kebab', onlyRequiredInUsageLine: true },
  });
}
