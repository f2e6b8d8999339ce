import type { Readable } from 'node:stream';
import { SallyportError } from '../../base/index.ts';
import type { Descriptor, RawManifest } from '../../oci/index.ts';
import type { CallOptions, CheckingStore, ContentStore, MountingStore } from '../content-store.ts';
import type { BundleWriter } from './writer.ts';

/**
 * A bundle as what is copied to. While copies are planned it has nothing; what the plan says then decides where every byte will lie, and the
 * writer that is attached takes the blobs. Manifests and names are in the layout already.
 */
export class BundleTarget implements ContentStore, CheckingStore, MountingStore {
  readonly checksContent = true;
  readonly name: string;
  #writer: BundleWriter | undefined;

  constructor(path: string) {
    this.name = path;
  }

  attach(writer: BundleWriter): void {
    this.#writer = writer;
  }

  async resolve(): Promise<Descriptor | undefined> {
    return undefined;
  }

  async readManifest(selector: string): Promise<RawManifest> {
    throw new SallyportError('MANIFEST_NOT_FOUND', `has no ${selector} yet`, { subject: this.name });
  }

  async hasBlob(blob: Descriptor): Promise<boolean> {
    return this.#writer?.has(blob.digest) ?? false;
  }

  async readBlob(blob: Descriptor): Promise<Readable> {
    throw new SallyportError('BLOB_NOT_FOUND', `has no ${blob.digest} yet`, { subject: this.name });
  }

  async writeBlob(
    blob: Descriptor,
    open: (offset: number) => Promise<Readable>,
    options: CallOptions = {},
  ): Promise<void> {
    if (this.#writer === undefined)
      throw new SallyportError('INTERNAL', 'no bundle is being written', { subject: this.name });
    await this.#writer.writeBlob(blob, open, options);
  }

  async writeManifest(): Promise<void> {
    // It stands in the layout since before the first blob.
  }

  mountBlob(blob: Descriptor): Promise<boolean> {
    return this.hasBlob(blob);
  }
}
