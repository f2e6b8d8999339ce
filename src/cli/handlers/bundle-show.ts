import { bundleDiffText, bundleInspectText, bundleListText, bundleVerifyText } from '../../report/index.ts';
import { checkBundle, diffBundles, showBundle } from '../../workflows/index.ts';
import type { BundleShowFlags } from '../commands/bundle/index.ts';
import type { CliContext } from '../context.ts';
import { runCommand } from './run.ts';

export function bundleVerify(this: CliContext, flags: BundleShowFlags, file: string): Promise<void> {
  return runCommand(this, flags, async (session) => {
    session.emit({ type: 'step', step: `hashing ${file}`, state: 'start' });
    const report = await checkBundle(session.workflow, file);
    session.out(bundleVerifyText(report, file, flags.output));
    return report.problems.length === 0 ? 0 : 3;
  });
}

export function bundleList(this: CliContext, flags: BundleShowFlags, file: string): Promise<void> {
  return runCommand(this, flags, async (session) => {
    const view = await showBundle(session.workflow, file);
    session.out(bundleListText(view, flags.output, session.outStyle));
    return 0;
  });
}

export function bundleInspect(this: CliContext, flags: BundleShowFlags, file: string): Promise<void> {
  return runCommand(this, flags, async (session) => {
    const view = await showBundle(session.workflow, file);
    session.out(bundleInspectText(view, flags.output));
    return 0;
  });
}

export function bundleDiff(
  this: CliContext,
  flags: BundleShowFlags,
  from: string,
  to: string,
): Promise<void> {
  return runCommand(this, flags, async (session) => {
    const diff = await diffBundles(session.workflow, from, to);
    session.out(bundleDiffText(diff, flags.output));
    return diff.same ? 0 : 3;
  });
}
