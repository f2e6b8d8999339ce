import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import { makeFolder, systemCode } from '../base/index.ts';
import { digestHex, digestOf, isDigest } from '../oci/index.ts';

/** Downloads kept by content: an entry per address names the digest, the content lies under it. */
export interface DownloadCache {
  get(address: string): Promise<Buffer | undefined>;
  put(address: string, bytes: Buffer): Promise<void>;
}

/** A cache in a folder. Entries that do not match their digest count as absent; a folder that cannot be written costs only the next download. */
export function openCache(dir: string): DownloadCache {
  const entryFile = (address: string) => join(dir, 'addresses', digestHex(digestOf(Buffer.from(address))));
  const contentFile = (hex: string) => join(dir, 'content', hex);
  return {
    get: async (address) => {
      const digest = (await readIfThere(entryFile(address)))?.toString('utf8').trim();
      if (digest === undefined || !isDigest(digest)) return undefined;
      const bytes = await readIfThere(contentFile(digestHex(digest)));
      return bytes !== undefined && digestOf(bytes) === digest ? bytes : undefined;
    },
    put: async (address, bytes) => {
      const digest = digestOf(bytes);
      try {
        await write(contentFile(digestHex(digest)), bytes);
        await write(entryFile(address), Buffer.from(`${digest}\n`));
      } catch (cause) {
        if (systemCode(cause) === undefined) throw cause;
      }
    },
  };
}

async function readIfThere(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path);
  } catch (cause) {
    if (systemCode(cause) === undefined) throw cause;
    return undefined;
  }
}

async function write(path: string, bytes: Buffer): Promise<void> {
  await makeFolder(dirname(path));
  await writeFileAtomic(path, bytes);
}
