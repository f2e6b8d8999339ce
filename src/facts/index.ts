export {
  type ClusterFacts,
  NO_CLUSTER_FACTS,
  type ObjectName,
  type ObjectPattern,
} from './cluster.ts';
export type {
  DefaultArgument,
  PullSecretPlace,
  RuntimeAccount,
  RuntimeFacts,
  RuntimeNamespace,
} from './runtime.ts';
export type { ComponentFact, SettingFacts, SettingRow, SettingWay } from './settings.ts';
export type { ClusterPlatform, ImageMark, InputRole } from './words.ts';
