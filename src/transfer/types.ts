import type { Clock, EmitEvent } from '../base/index.ts';
import type { Descriptor, Digest, Platform, RawManifest } from '../oci/index.ts';
import type { ContentStore } from '../store/index.ts';
import type { CopyMemory } from './brought.ts';

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

export interface PlanOptions {
  readonly signal?: AbortSignal;
  readonly emit?: EmitEvent;
  /**
   * Looks at every manifest and blob even where the target's tag already has the right digest. Without it such an image counts as present
   * after one question where `memory` or its kind say that the tag stands for everything that is wanted (`presence.ts`), which trusts that
   * whoever wrote the tag wrote it last, as this program does.
   */
  readonly recheck?: boolean;
  readonly memory?: CopyMemory;
  /** Images looked at and questions asked at the same time; the registry client has limits of its own below. */
  readonly concurrency?: { readonly images?: number; readonly questions?: number };
}

export interface RunOptions {
  readonly signal?: AbortSignal;
  readonly emit?: EmitEvent;
  readonly clock?: Clock;
  /** Blobs on their way at the same time; small ones (256 KiB at the most) have places of their own. */
  readonly concurrency?: { readonly largeBlobs?: number; readonly smallBlobs?: number };
  /** Told of each blob that was written, and where it was read. */
  readonly onCopied?: (blob: Descriptor, from: ContentStore) => void;
}

/** What has to move, known before the first byte does. Sizes are bytes. */
export interface Plan {
  readonly images: readonly PlannedImage[];
  /** Each blob once per target repository, biggest first. Those of images that count as present are not among them. */
  readonly blobs: readonly PlannedBlob[];
  /** Images that could not be planned, with the reason; the others go on. */
  readonly failed: readonly { readonly request: CopyRequest; readonly error: Error }[];
  readonly bytesToSend: number;
  readonly bytesPresent: number;
  readonly bytesMountable: number;
}

export interface PlannedImage {
  readonly request: CopyRequest;
  readonly digest: Digest;
  /** `present`: nothing is written. */
  readonly state: 'present' | 'copy';
  /** Everything that belongs to the image; empty when its tag alone told that it is present. */
  readonly manifests: readonly PlannedManifest[];
  /** Some of the platforms that its index lists were left out. */
  readonly sparse: boolean;
  /** Platforms that were asked for and that it does not have. */
  readonly missing: readonly Platform[];
  /** Of an image that its tag alone told to be present: what an earlier run found the target to have taken and not to list. */
  readonly dropped?: readonly Digest[];
}

export interface PlannedManifest {
  readonly descriptor: Descriptor;
  /** Absent when it is at the target already and nobody had to read it. */
  readonly manifest?: RawManifest;
  /** The blobs that must be there before it. */
  readonly blobs: readonly Descriptor[];
  /** Children have a lower number than their parents, a subject than what refers to it, the root under its tag the highest. */
  readonly stage: number;
  readonly tag?: string;
  readonly present: boolean;
}

/** One blob for one target repository. */
export interface PlannedBlob {
  readonly blob: Descriptor;
  readonly action: 'present' | 'mount' | 'copy';
  readonly toRegistry: string;
  readonly toRepository: string;
  readonly to: ContentStore;
  /** Whether the target was asked for it. Not where asking costs more than it saves; it may then be there although the plan does not say so. */
  readonly asked: boolean;
  /** Where it can be read, each repository once, in the order of the requests. */
  readonly from: readonly ContentStore[];
  /** Another repository of the target's registry that is known to have it, beside those of the plan. */
  readonly mountFrom?: string;
}

export interface CopyResult {
  readonly images: readonly CopiedImage[];
  /** Sizes of the blobs that were sent, each once per upload, without what an earlier run had left at the target. */
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
  /** Signatures and the like that the target took and does not list. */
  readonly dropped?: readonly Digest[];
}
