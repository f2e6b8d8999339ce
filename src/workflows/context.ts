import type { Clock, EmitEvent } from '../base/index.ts';
import type { HttpClientOptions } from '../http/index.ts';

/** Everything a workflow needs from outside, as values: nothing below reads the process. */
export interface WorkflowContext {
  /** Absolute; relative paths of the user are resolved against it. */
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly homeDir: string;
  /** `sallyport/1.2.3`. */
  readonly userAgent: string;
  readonly clock: Clock;
  readonly emit: EmitEvent;
  readonly signal?: AbortSignal;
  /** How long servers may keep silent; the defaults of the HTTP client unless said. */
  readonly httpTimeouts?: HttpClientOptions['timeouts'];
  /** Reads standard input to its end; absent where there is none. */
  readonly readStdin?: () => Promise<Buffer>;
}
