/**
 * One stream of typed events drives the progress display, the JSON lines of --events, the report and the metrics.
 * Libraries emit, only `report/` prints. Sizes are bytes, times are milliseconds since the epoch.
 */
export type SallyportEvent =
  | {
      readonly type: 'step';
      readonly step: string;
      readonly state: 'start' | 'done' | 'failed';
      readonly message?: string;
    }
  | {
      readonly type: 'note';
      readonly level: 'info' | 'warning';
      readonly subject?: string;
      readonly message: string;
    }
  | {
      readonly type: 'request';
      readonly host: string;
      readonly method: string;
      readonly url: string;
      readonly status: number;
      readonly ms: number;
    }
  | {
      readonly type: 'retry';
      readonly host: string;
      readonly what: string;
      readonly reason: string;
      readonly waitMs: number;
      readonly attempt: number;
    }
  | { readonly type: 'resolve'; readonly reference: string; readonly digest: string }
  | { readonly type: 'download'; readonly url: string; readonly bytes: number; readonly cached: boolean }
  | {
      readonly type: 'plan';
      readonly images: number;
      readonly blobs: number;
      readonly bytesToSend: number;
      readonly bytesPresent: number;
      readonly bytesMountable: number;
    }
  | {
      readonly type: 'blob';
      readonly digest: string;
      readonly repository: string;
      readonly size: number;
      readonly state: 'start' | 'copied' | 'mounted' | 'present' | 'resumed' | 'failed';
      readonly message?: string;
    }
  | { readonly type: 'bytes'; readonly count: number }
  | {
      readonly type: 'manifest';
      readonly digest: string;
      readonly repository: string;
      readonly state: 'written' | 'present';
    }
  | {
      readonly type: 'object';
      readonly action: 'created' | 'changed' | 'unchanged' | 'removed' | 'restored' | 'failed';
      /** `Deployment eclipse-che/che`. */
      readonly name: string;
      readonly message?: string;
    }
  | {
      /** What a step waits for, told anew when something changed. */
      readonly type: 'waiting';
      readonly step: string;
      readonly ready: number;
      readonly total: number;
      readonly objects: readonly {
        readonly name: string;
        readonly state: 'ready' | 'waiting' | 'failed';
        readonly message: string;
        readonly explanation?: string;
      }[];
    }
  | {
      readonly type: 'image';
      readonly source: string;
      readonly target: string;
      readonly digest: string;
      readonly state: 'copied' | 'present' | 'failed';
      readonly message?: string;
    };

/** Takes events; must not throw and must not block. */
export type EmitEvent = (event: SallyportEvent) => void;

export const ignoreEvents: EmitEvent = () => {};
