import type { Descriptor, Digest, Platform, RawManifest } from '../oci/index.ts';
import type { ContentStore } from '../store/index.ts';

/** One image to copy. */
export interface CopyRequest {
  /** As the user knows it, for messages and events. */
  readonly source: string;
  readonly target: string;
  readonly from: ContentStore;
  readonly to: ContentStore;
  /** Repository name of `to` within its registry: what a mount may name. */
  readonly toRepository: string;
  /** Registry of `to`: blobs mount only within one. */
  readonly toRegistry: string;
  /** Tag or digest to read; a digest when locked. */
  readonly selector: string;
  /** Expected digest; a difference is an error. */
  readonly digest?: Digest;
  /** Tag to leave at the target; undefined: by digest only. */
  readonly tag?: string;
  /** Empty: all. Otherwise the index is kept and only the children for these are copied (a sparse index). */
  readonly platforms: readonly Platform[];
  /** Whether signatures, attestations and SBOMs travel too. */
  readonly referrers: boolean;
}

/** What has to move, known before the first byte does. Sizes are bytes. */
export interface Plan {
  readonly images: readonly PlannedImage[];
  readonly blobs: readonly PlannedBlob[];
  /** Images that could not be planned, with the reason; the others go on. */
  readonly failed: readonly { readonly request: CopyRequest; readonly error: Error }[];
  readonly bytesToSend: number;
  readonly bytesPresent: number;
  readonly bytesMountable: number;
}

export interface PlannedImage {
  readonly request: CopyRequest;
  readonly root: RawManifest;
  /** Everything to write, children before parents, the root last, referrers after their subject. */
  readonly manifests: readonly PlannedManifest[];
  readonly state: 'present' | 'copy';
  readonly digest: Digest;
}

export interface PlannedManifest {
  readonly manifest: RawManifest;
  readonly tag?: string;
  readonly present: boolean;
}

/** One blob for one target repository. */
export interface PlannedBlob {
  readonly blob: Descriptor;
  readonly action: 'present' | 'mount' | 'copy';
  readonly toRegistry: string;
  readonly toRepository: string;
}

export interface CopyResult {
  readonly images: readonly CopiedImage[];
  readonly bytesSent: number;
  readonly blobsCopied: number;
  readonly blobsMounted: number;
  readonly blobsPresent: number;
  readonly manifestsWritten: number;
}

export interface CopiedImage {
  readonly source: string;
  readonly target: string;
  readonly digest?: Digest;
  readonly state: 'copied' | 'present' | 'failed';
  readonly error?: Error;
}
