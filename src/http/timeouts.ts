import type { Timeouts } from './types.ts';

/**
 * Dial 30 s, TLS 10 s and headers 30 s are what Go's default transport and the tools upon it use; the header time was raised from 10 s
 * by imgpkg (#187) and to 60 s for slow writes by zarf. Bodies have a *progress* limit and no total one, because a 10 GB layer on a
 * slow line is no failure (containerd #12811 shows what a shared limit does).
 */
export const DEFAULT_TIMEOUTS: Timeouts = {
  dial: 30_000,
  tls: 10_000,
  header: 30_000,
  putHeader: 60_000,
  streamHeader: 300_000,
  progress: 60_000,
};
