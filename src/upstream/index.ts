export { openUpstream, type Upstream, type UpstreamOptions } from './open-upstream.ts';
