import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Embedded, startEmbedded } from '../../test/support/embedded.ts';
import { type FakeClock, fakeClock } from '../../test/support/fake-clock.ts';
import { blobOf, noise, openerOf } from '../../test/support/images.ts';
import type { SallyportEvent } from '../base/index.ts';
import { createUploadJournal, readEntries, type UploadJournal } from './upload-journal.ts';

const bytes = noise('journal', 3_000_000);
const blob = blobOf(bytes);
const small = blobOf(noise('small', 1000));
const HERE = new URL('https://r.example/v2/a/blobs/uploads/1?_state=s');

let root: string;
let folder: string;
let clock: FakeClock;
let events: SallyportEvent[];
let ends: (() => Promise<void>)[] = [];

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'sallyport-journal-'));
  folder = join(root, 'uploads', 'one');
  clock = fakeClock();
  events = [];
});

afterEach(async () => {
  for (const end of ends) await end();
  ends = [];
  rmSync(root, { recursive: true, force: true });
});

function open(): UploadJournal {
  const journal = createUploadJournal({ folder, clock, emit: (event) => void events.push(event) });
  ends.push(() => journal.close(false));
  return journal;
}

describe('the journal of uploads', () => {
  it('hands an upload out once, to the next process, and is for its owner only', async () => {
    const first = open();
    await first.note('r.example/a', blob, HERE);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    expect(statSync(join(folder, 'uploads.jsonl')).mode & 0o777).toBe(0o600);
    await first.close(false);
    const second = open();
    expect(await second.take('r.example/other', blob)).toBeUndefined();
    expect((await second.take('r.example/a', blob))?.href).toBe(HERE.href);
    expect(await second.take('r.example/a', blob)).toBeUndefined();
  });

  it('knows the last address, and nothing of what ended', async () => {
    const first = open();
    await first.note('r.example/a', blob, HERE);
    await first.note('r.example/a', blob, new URL('?_state=next', HERE));
    await first.note('r.example/a', small, HERE);
    await first.end('r.example/a', small);
    await first.close(false);
    const second = open();
    expect((await second.take('r.example/a', blob))?.search).toBe('?_state=next');
    expect(await second.take('r.example/a', small)).toBeUndefined();
  });

  it('leaves nothing behind when all ended, and makes nothing when nobody asks', async () => {
    const unused = open();
    await unused.close(false);
    expect(readdirSync(root)).toEqual([]);
    const used = open();
    await used.note('r.example/a', blob, HERE);
    await used.end('r.example/a', blob);
    await used.close(false);
    expect(existsSync(folder)).toBe(false);
    const left = open();
    await left.note('r.example/a', blob, HERE);
    await left.close(false);
    expect(existsSync(folder)).toBe(true);
    // A later run found the blob at the target and never asked.
    await open().close(true);
    expect(existsSync(folder)).toBe(false);
  });

  it.each([
    ['a torn last line', (line: string) => `${line}\n${line.slice(0, 40)}`, 1],
    ['an address that is none', (line: string) => line.replace('https:', 'file:'), 0],
    ['a digest that is none', (line: string) => line.replace('sha256:', 'sha256:..'), 0],
    ['other JSON', () => 'null\n[]\n{"at":1}\n7', 0],
    ['bytes that are no text', () => '\u0000\ufffd\n{', 0],
  ])('leaves %s out', (_name, damage, count) => {
    const line = JSON.stringify({
      at: 5,
      repository: 'r/a',
      digest: blob.digest,
      size: blob.size,
      location: HERE.href,
    });
    expect(readEntries(Buffer.from(damage(line)), 0).size).toBe(count);
  });

  it('forgets what registries have forgotten', async () => {
    const first = open();
    await first.note('r.example/a', blob, HERE);
    await first.close(false);
    await clock.sleep(8 * 24 * 3_600_000);
    expect(await open().take('r.example/a', blob)).toBeUndefined();
  });

  it('stands aside for another process, and where it cannot be written', async () => {
    const first = open();
    await first.note('r.example/a', blob, HERE);
    const second = open();
    expect(await second.take('r.example/a', blob)).toBeUndefined();
    await second.note('r.example/a', blob, HERE);
    expect(events).toMatchObject([{ type: 'note', message: expect.stringContaining('another process') }]);
    mkdirSync(join(root, 'uploads'), { recursive: true });
    writeFileSync(join(root, 'uploads', 'file'), '');
    folder = join(root, 'uploads', 'file', 'below');
    await open().note('r.example/a', blob, HERE);
    expect(events[1]).toMatchObject({ message: expect.stringContaining('ENOTDIR') });
  });
});

describe('a write after a kill', () => {
  async function start(): Promise<Embedded> {
    const registry = await startEmbedded({ clock });
    ends.push(registry.close);
    return registry;
  }

  /** What a killed process leaves: an upload with some bytes, and its address in the journal. */
  async function leave(
    registry: Embedded,
    repository: string,
    kept: Buffer,
    journal: UploadJournal,
  ): Promise<void> {
    const begun = await fetch(new URL(`/v2/${repository}/blobs/uploads/`, registry.server.url), {
      method: 'POST',
    });
    const location = new URL(begun.headers.get('location') ?? '', registry.server.url);
    await fetch(location, { method: 'PATCH', body: new Uint8Array(kept) });
    await journal.note(`${registry.server.registry}/${repository}`, blob, location);
    await journal.close(false);
  }

  /** Writes the blob with a journal as the next process would, and gives the bytes at which the source was opened. */
  async function goOn(registry: Embedded, repository: string): Promise<number[]> {
    const offsets: number[] = [];
    await registry.repository(repository, open()).writeBlob(blob, (offset) => {
      offsets.push(offset);
      return openerOf(bytes)(offset);
    });
    expect(await registry.repository(repository).hasBlob(blob)).toBe(true);
    return offsets;
  }

  it.each([
    ['only what the registry lacks', bytes.subarray(0, 1_700_000), [1_700_000]],
    ['nothing where all has arrived', bytes, []],
    ['all where the registry kept nothing', Buffer.alloc(0), [0]],
    ['all where what it kept is something else', noise('other', 1_700_000), [1_700_000, 0]],
  ])('sends %s', async (_name, kept, offsets) => {
    const registry = await start();
    await leave(registry, 'a', kept, open());
    expect(await goOn(registry, 'a')).toEqual(offsets);
    expect(existsSync(folder)).toBe(true);
  });

  it('begins anew where the registry has forgotten the upload', async () => {
    const registry = await start();
    await leave(registry, 'a', bytes.subarray(0, 1_700_000), open());
    const path = join(folder, 'uploads.jsonl');
    writeFileSync(path, readFileSync(path, 'utf8').replace(/uploads\/[0-9a-f]{8}/, 'uploads/00000000'));
    expect(await goOn(registry, 'a')).toEqual([0]);
  });

  it('keeps an upload that is stopped, and cancels it without a journal', async () => {
    const registry = await start();
    const stopped = async (journal?: UploadJournal): Promise<void> => {
      const stop = new AbortController();
      const writing = registry.repository('a', journal).writeBlob(
        blob,
        async () => {
          stop.abort();
          throw stop.signal.reason;
        },
        { signal: stop.signal },
      );
      await expect(writing).rejects.toMatchObject({ code: 'ABORTED' });
    };
    const cancelled = (): number => registry.requests.filter((line) => line.startsWith('DELETE')).length;
    await stopped(open());
    expect(cancelled()).toBe(0);
    await stopped();
    expect(cancelled()).toBe(1);
  });
});
