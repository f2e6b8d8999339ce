import type { Plan, PlannedBlob } from './types.ts';

/** A plan in numbers. Sizes are bytes. */
export interface PlanSummary {
  readonly images: { readonly copy: number; readonly present: number; readonly failed: number };
  readonly blobs: {
    readonly copy: Counted;
    readonly mount: Counted;
    readonly present: Counted;
  };
  /** Manifests that will be written. */
  readonly manifests: number;
}

export interface Counted {
  readonly count: number;
  readonly bytes: number;
}

/** Counts what a plan will do. Nothing of images that count as present is among the blobs. */
export function describePlan(plan: Plan): PlanSummary {
  const counted = (action: PlannedBlob['action']): Counted => {
    const blobs = plan.blobs.filter((item) => item.action === action);
    return { count: blobs.length, bytes: blobs.reduce((sum, { blob }) => sum + blob.size, 0) };
  };
  return {
    images: {
      copy: plan.images.filter(({ state }) => state === 'copy').length,
      present: plan.images.filter(({ state }) => state === 'present').length,
      failed: plan.failed.length,
    },
    blobs: { copy: counted('copy'), mount: counted('mount'), present: counted('present') },
    manifests: plan.images.flatMap(({ manifests }) => manifests.filter(({ present }) => !present)).length,
  };
}
