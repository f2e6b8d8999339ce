import { SallyportError, systemClock } from '../../base/index.ts';
import { discoveredText, verifyText } from '../../report/index.ts';
import { readLockFile, smokeTest, type VerifyResult, verifyCluster } from '../../workflows/index.ts';
import type { VerifyFlags } from '../commands/verify.ts';
import { loadRegistries } from '../config.ts';
import type { CliContext, ExitStatus } from '../context.ts';
import { DEFAULT_LOCK } from './lock.ts';
import { runCommand, type Session } from './run.ts';

/** A shell is what every image for workspaces has. */
const SMOKE_COMMAND = ['sh', '-c', 'echo sallyport'] as const;

export function verify(this: CliContext, flags: VerifyFlags): Promise<void> {
  return runCommand(this, flags, async (session) => {
    const namespaces = flags.namespace ?? [];
    if (flags.allNamespaces && namespaces.length > 0)
      throw new SallyportError('CONFLICTING_OPTIONS', '--all-namespaces and --namespace exclude each other');
    if ([flags.discover, flags.watch, flags.smoke].filter(Boolean).length > 1)
      throw new SallyportError('CONFLICTING_OPTIONS', '--discover, --watch and --smoke exclude each other');
    const lock = await readLockFile(session.workflow, flags.lock ?? DEFAULT_LOCK);
    const registries = await loadRegistries(session, flags);
    const look = (): Promise<VerifyResult> =>
      verifyCluster(session.workflow, {
        kubeconfig: flags.kubeconfig,
        context: flags.context,
        lock,
        namespaces,
        allNamespaces: flags.allNamespaces,
        registries,
      });
    if (flags.watch) return watch(session, flags, look);
    if (flags.discover) return discover(session, flags, look);
    const result = await look();
    const smoke =
      flags.smoke && result.verified
        ? await smokeTest(session.workflow, {
            kubeconfig: flags.kubeconfig,
            context: flags.context,
            lock,
            registries,
            image: flags.smokeImage,
            command: SMOKE_COMMAND,
            timeoutMs: flags.timeout,
          })
        : undefined;
    session.out(verifyText(result, flags.output, session.outStyle, { verbose: flags.verbose, smoke }));
    if (flags.smoke && smoke === undefined)
      session.note('no workspace was tried: what runs has to be right first\n');
    return result.verified && smoke?.passed !== false ? 0 : 3;
  });
}

async function discover(
  session: Session,
  { output }: VerifyFlags,
  look: () => Promise<VerifyResult>,
): Promise<ExitStatus> {
  if (output === 'junit')
    throw new SallyportError('CONFLICTING_OPTIONS', '--discover has no form for -o junit', {
      hint: 'Use table (lines for sallyport.yaml), json, yaml or name.',
    });
  const result = await look();
  session.out(discoveredText(result, output));
  return result.containers.some(({ verdict }) => verdict === 'other-registry') ? 3 : 0;
}

/** Says what it sees when that is not what it saw before. Ends with the signal only; a cluster that is away for a while is told and waited for. */
async function watch(
  session: Session,
  flags: VerifyFlags,
  look: () => Promise<VerifyResult>,
): Promise<ExitStatus> {
  let told = '';
  for (;;) {
    try {
      const result = await look();
      const text = verifyText(result, flags.output, session.outStyle, { verbose: flags.verbose });
      if (text !== told) session.out(`${stamp(flags)}${text}`);
      told = text;
    } catch (thrown) {
      session.workflow.signal?.throwIfAborted();
      session.problem(thrown);
      told = '';
    }
    await systemClock.sleep(flags.every, session.workflow.signal);
  }
}

/** When it was seen, for people; programs read events and documents. */
function stamp({ output }: VerifyFlags): string {
  return output === 'table' ? `${new Date(systemClock.now()).toISOString()}\n` : '';
}

/** What the configuration is asked for: registries. `context` and `namespace` are the cluster's words. */
