import { type SallyportEvent, systemClock } from '../../src/base/index.ts';
import type { WorkflowContext } from '../../src/workflows/context.ts';

/** A context on a folder, with the events kept. */
export function testContext(
  cwd: string,
  more: Partial<WorkflowContext> = {},
): WorkflowContext & { readonly events: SallyportEvent[] } {
  const events: SallyportEvent[] = [];
  return {
    cwd,
    env: {},
    homeDir: cwd,
    userAgent: 'sallyport/test',
    clock: systemClock,
    emit: (event) => {
      events.push(event);
    },
    events,
    ...more,
  };
}
