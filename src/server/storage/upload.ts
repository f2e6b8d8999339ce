import { SallyportError } from '../../base/index.ts';
import { type Digest, digestAlgorithm } from '../../oci/index.ts';
import type { BlobFiles, BlobWriter } from '../../store/index.ts';
import type { UploadSession } from './types.ts';

type Settle = (adopt: () => Promise<void>, digest: Digest) => Promise<void>;

/** An upload whose bytes lie in a file of its own until they are a blob. */
export class DiskUpload implements UploadSession {
  readonly id: string;
  readonly #writer: BlobWriter;
  readonly #blobs: BlobFiles;
  /** Runs the adoption of the file and then makes it a blob of the repository. */
  readonly #settle: Settle;
  readonly #onEnd: () => void;
  #busy = false;
  /** Requests that wait for their turn; told false when there is nothing to wait for any more. */
  #waiting: ((isMine: boolean) => void)[] = [];
  /** Milliseconds since the epoch of the last byte, for expiry. */
  lastUsed: number;

  constructor(options: {
    readonly id: string;
    readonly writer: BlobWriter;
    readonly blobs: BlobFiles;
    readonly settle: Settle;
    readonly onEnd: () => void;
    readonly now: number;
  }) {
    this.id = options.id;
    this.#writer = options.writer;
    this.#blobs = options.blobs;
    this.#settle = options.settle;
    this.#onEnd = options.onEnd;
    this.lastUsed = options.now;
  }

  get offset(): number {
    return this.#writer.offset;
  }

  get busy(): boolean {
    return this.#busy;
  }

  acquire(patienceMs: number): Promise<boolean> {
    if (!this.#busy) {
      this.#busy = true;
      return Promise.resolve(true);
    }
    return new Promise((resolve) => {
      const turn = (isMine: boolean) => {
        clearTimeout(timer);
        resolve(isMine);
      };
      const timer = setTimeout(() => {
        this.#waiting.splice(this.#waiting.indexOf(turn), 1);
        resolve(false);
      }, patienceMs);
      this.#waiting.push(turn);
    });
  }

  async release(): Promise<void> {
    try {
      await this.#writer.close();
    } finally {
      this.lastUsed = Date.now();
      const next = this.#waiting.shift();
      // Stays busy when somebody waits: it is theirs now.
      if (next === undefined) this.#busy = false;
      else next(true);
    }
  }

  append(chunk: Buffer): Promise<void> {
    return this.#writer.append(chunk);
  }

  async finish(digest: Digest): Promise<void> {
    const found = await this.#writer.digest(digestAlgorithm(digest));
    if (found !== digest) {
      // Nothing can make these bytes right; the client begins anew.
      await this.cancel();
      throw new SallyportError('DIGEST_MISMATCH', `the content has the digest ${found}`, { subject: digest });
    }
    await this.#settle(() => this.#blobs.adopt(this.#writer, digest), digest);
    this.#end();
  }

  async cancel(): Promise<void> {
    await this.#writer.discard();
    this.#end();
  }

  #end(): void {
    for (const turn of this.#waiting) turn(false);
    this.#waiting = [];
    this.#onEnd();
  }
}
