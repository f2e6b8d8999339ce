import type { ClusterPlatform, ImageMark, InputRole, RuntimeFacts } from '../facts/index.ts';

/** Knowledge about a platform that no manifest says. Every fact carries its source. */

export interface ProfileRequest {
  readonly version: string;
  /** `auto` or an explicit version. */
  readonly devworkspaceOperator: string;
  readonly certManager: string;
  readonly platform: ClusterPlatform;
  readonly only: readonly ImageMark[];
  readonly without: readonly string[];
  readonly editors: readonly string[];
  /** The editor of workspaces that name none, when it is not the release's own: `publisher/name/version` or the address of a definition. */
  readonly defaultEditor?: string;
  /** Goes on where versions are known not to fit, and says what it overrode. */
  readonly force: boolean;
}

/** Reads a file of upstream by `<owner>/<repo>/<ref>/<path>`; undefined when it does not exist there. Throws `UPSTREAM_FAILED`. */
export interface UpstreamReader {
  /** For messages: the URL base or the folder. */
  readonly name: string;
  read(path: string, options?: { readonly signal?: AbortSignal }): Promise<Buffer | undefined>;
  /** Names in a folder (`<owner>/<repo>` or below), sorted; empty when it is not there, undefined where folders cannot be listed. Throws `UPSTREAM_FAILED`. */
  list(path: string): Promise<readonly string[] | undefined>;
  /** Where a path is looked for, for messages. */
  locate(path: string): string;
}

/** What a profile decides for a request: the files to work on and what to know about the images in them. */
export interface ResolvedProfile {
  readonly name: string;
  readonly version: string;
  readonly platform: ClusterPlatform;
  /** Component → version: `che-operator`, `devworkspace-operator`, `cert-manager`. */
  readonly components: Readonly<Record<string, string>>;
  readonly inputs: readonly ProfileInput[];
  /** Images that no input names. */
  readonly images: readonly ProfileImage[];
  readonly facts: RuntimeFacts;
  /** How images found in the inputs are marked and grouped. */
  readonly classify: (reference: string) => ImageClass;
  /** What the user should know: overridden incompatibilities, files that are missing and why it does not matter. */
  readonly notes: readonly string[];
}

export interface ProfileInput {
  readonly role: InputRole;
  /** `<owner>/<repo>/<ref>/<path>`. */
  readonly path: string;
  readonly bytes: Buffer;
}

export interface ProfileImage {
  readonly reference: string;
  readonly reason: string;
  readonly source: string;
}

export interface ImageClass {
  readonly mark: ImageMark;
  /** `control-plane`, `workspace`, `editors`, `async-storage`, `backup`, `acme`, `openvsx`… */
  readonly group: string;
  /** When a conditional image is pulled; absent otherwise. */
  readonly condition?: string;
  /** The member of its group, e.g. the editor `che-code/latest`; a reference may belong to several. */
  readonly members?: readonly string[];
  /** False when the request's --only/--without/--editors leave it out. */
  readonly wanted: boolean;
}
