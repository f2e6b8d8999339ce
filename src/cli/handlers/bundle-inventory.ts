import { SallyportError } from '../../base/index.ts';
import { writeInventory } from '../../workflows/index.ts';
import type { BundleInventoryFlags } from '../commands/bundle/index.ts';
import { loadRegistries } from '../config.ts';
import type { CliContext } from '../context.ts';
import { DEFAULT_LOCK } from './lock.ts';
import { runCommand } from './run.ts';

export function bundleInventory(this: CliContext, flags: BundleInventoryFlags, file?: string): Promise<void> {
  return runCommand(this, flags, async (session) => {
    if (file !== undefined && flags.lock !== undefined)
      throw new SallyportError('CONFLICTING_OPTIONS', 'a bundle holds a lock of its own', {
        subject: '--lock',
        hint: 'Leave out either the bundle or --lock.',
      });
    const { inventory, bytes } = await writeInventory(session.workflow, {
      registries: await loadRegistries(session, flags),
      of: file === undefined ? { lock: flags.lock ?? DEFAULT_LOCK } : { bundle: file },
      ...(flags.target === undefined ? {} : { prefix: flags.target }),
      ...(flags.naming === undefined ? {} : { naming: flags.naming }),
      ...(flags.output === undefined ? {} : { output: flags.output }),
    });
    if (flags.output === undefined) session.out(bytes.toString('utf8'));
    else
      session.emit({
        type: 'step',
        step: 'inventory',
        state: 'done',
        message: `${inventory.repositories.filter(({ blobs }) => blobs.length > 0).length} of ${inventory.repositories.length} repositories have content; written to ${flags.output}`,
      });
    return 0;
  });
}
