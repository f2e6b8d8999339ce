import { type Application, buildApplication, buildRouteMap } from '@stricli/core';
import { applyCommand } from './commands/apply.ts';
import { bundleRoutes } from './commands/bundle.ts';
import { chectlCommand } from './commands/chectl.ts';
import { completeCommand, completionCommand } from './commands/completion.ts';
import { diffCommand } from './commands/diff.ts';
import { doctorCommand } from './commands/doctor.ts';
import { guardCommand } from './commands/guard.ts';
import { imagesCommand } from './commands/images.ts';
import { initCommand } from './commands/init.ts';
import { lockCommand } from './commands/lock.ts';
import { mirrorCommand } from './commands/mirror.ts';
import { registryRoutes } from './commands/registry.ts';
import { relocateCommand } from './commands/relocate.ts';
import { renderCommand } from './commands/render.ts';
import { rollbackCommand } from './commands/rollback.ts';
import { verifyCommand } from './commands/verify.ts';
import type { CliContext } from './context.ts';

const routes = buildRouteMap({
  routes: {
    relocate: relocateCommand,
    init: initCommand,
    images: imagesCommand,
    lock: lockCommand,
    mirror: mirrorCommand,
    bundle: bundleRoutes,
    render: renderCommand,
    diff: diffCommand,
    apply: applyCommand,
    rollback: rollbackCommand,
    verify: verifyCommand,
    guard: guardCommand,
    chectl: chectlCommand,
    doctor: doctorCommand,
    registry: registryRoutes,
    completion: completionCommand,
    complete: completeCommand,
  },
  docs: {
    brief:
      'Move an operator-based Kubernetes platform onto a private registry, and prove that nothing else runs',
    hideRoute: { complete: true },
  },
});

/** The application as data: what is run, documented and completed. */
export function buildApp(version: string): Application<CliContext> {
  return buildApplication(routes, {
    name: 'sallyport',
    versionInfo: { currentVersion: version },
    scanner: { caseStyle: 'allow-kebab-for-camel', allowArgumentEscapeSequence: true },
    documentation: { caseStyle: 'convert-camel-to-kebab', onlyRequiredInUsageLine: true },
  });
}
