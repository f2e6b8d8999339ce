import type { Clock, EmitEvent } from '../../base/index.ts';
import type { AllowedImages } from '../audit/judge.ts';
import type { ProbeRegistry } from '../explain/probe.ts';
import type { ClusterClient } from '../types.ts';

export interface SmokeRequest {
  readonly client: ClusterClient;
  /** Made for the trial and removed after it. */
  readonly namespace: string;
  /** Reference at the target, by digest. */
  readonly image: string;
  /** Where the platform's pull secret is; undefined: nodes pull without. */
  readonly pullSecret?: { readonly namespace: string; readonly name: string };
  /** Run in the workspace; must end with 0. */
  readonly command: readonly string[];
  readonly allowed: AllowedImages;
  readonly timeoutMs: number;
  readonly probe: ProbeRegistry;
  readonly clock: Clock;
  readonly emit: EmitEvent;
  readonly signal?: AbortSignal | undefined;
}

/** One thing that was tried. `skipped` has the reason. */
export interface SmokeStep {
  readonly name: string;
  readonly state: 'done' | 'failed' | 'skipped';
  readonly message: string;
}
