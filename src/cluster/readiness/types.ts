/** Whether an object does what it is there for. */
export interface Readiness {
  readonly state: 'ready' | 'waiting' | 'failed';
  /** What it waits for or why it failed; empty when it is ready. */
  readonly message: string;
}

export const READY: Readiness = { state: 'ready', message: '' };
export const waiting = (message: string): Readiness => ({ state: 'waiting', message });
export const failed = (message: string): Readiness => ({ state: 'failed', message });
