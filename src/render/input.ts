import type { ImageUse, ManifestFile } from '../discovery/index.ts';
import type { ClusterPlatform, InputRole, RuntimeFacts } from '../facts/index.ts';
import type { Config, Lock, ProfileSettings } from '../lock/index.ts';
import type { Closure } from './closure.ts';
import type { MirrorJob } from './mirror-job.ts';
import type { Discover, Finding, OutputFile } from './types.ts';

export interface RenderFile {
  readonly role: InputRole;
  readonly file: ManifestFile;
  /** What discovery found in it. */
  readonly uses: readonly ImageUse[];
}

export interface RenderInput {
  readonly files: readonly RenderFile[];
  /** With a target; made from these very files. */
  readonly lock: Lock;
  readonly config: Pick<Config, 'target' | 'render' | 'registries'>;
  /** What is asked of the platform's components, with the text of its authorities' file. */
  readonly settings?: ProfileSettings;
  readonly caBundle?: string;
  /** Present when a profile was asked for. */
  readonly platform?: {
    readonly name: string;
    readonly version: string;
    readonly platform: ClusterPlatform;
    readonly facts: RuntimeFacts;
  };
  readonly discover: Discover;
  /** Content of `.dockerconfigjson` for the target: real credentials, only when the user asked for them to be written. */
  readonly dockerConfigJson?: string;
  /** Present when Jobs that copy were asked for. */
  readonly mirrorJob?: MirrorJob;
}

export interface RenderOutput {
  /** Sorted by path. */
  readonly files: readonly OutputFile[];
  /** Uses that neither the lock nor its exclusions know. Anything here means that the lock does not match the inputs. */
  readonly unknown: readonly ImageUse[];
  readonly findings: readonly Finding[];
  readonly closure: Closure;
}
