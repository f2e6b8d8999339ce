import type { BlobFiles } from '../../store/index.ts';
import type { LayoutView } from './layout-view.ts';
import type { Recent } from './recent.ts';
import type { Serial } from './serial.ts';
import type { DiskUpload } from './upload.ts';

/** What the repositories of one folder share. */
export interface Shared {
  readonly root: string;
  readonly durable: boolean;
  readonly blobs: BlobFiles;
  readonly view: LayoutView;
  readonly serial: Serial;
  readonly uploads: Map<string, DiskUpload>;
  readonly recent: Recent;
  readonly now: () => number;
  /** Throws when the folder's lock was lost. */
  readonly assertWritable: () => void;
}
