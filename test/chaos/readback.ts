import { createHash } from 'node:crypto';
import { LOGIN } from './chaos-registry.ts';

/** What a registry really holds, read whole by a client that shares nothing with ours. */
export interface Readback {
  /** `repository:tag` → digest. */
  readonly tags: ReadonlyMap<string, string>;
  /** `repository@digest` of what refers to each manifest that a tag leads to, from the list and from the fallback tag. */
  readonly referrers: ReadonlySet<string>;
  /** Tags that lead to something that is not whole or not right. */
  readonly problems: readonly string[];
}

interface Entry {
  readonly digest: string;
  readonly size: number;
}

interface Manifest {
  readonly manifests?: readonly Entry[];
  readonly config?: Entry;
  readonly layers?: readonly Entry[];
}

/** Reads every repository, every tag, every manifest below it, every blob, and hashes them all. */
export async function readBack(url: string): Promise<Readback> {
  const tags = new Map<string, string>();
  const referrers = new Set<string>();
  const problems: string[] = [];
  const { repositories } = (await read(url, 'registry:catalog:*', '_catalog')).json() as {
    repositories: string[];
  };
  for (const repository of repositories) {
    const ask = (path: string) => read(url, `repository:${repository}:pull`, `${repository}/${path}`);
    const checked = new Set<string>();
    const walk = async (tag: string, { digest, size }: Entry, isBlob: boolean): Promise<void> => {
      if (checked.has(digest)) return;
      checked.add(digest);
      const { status, bytes, json } = await ask(`${isBlob ? 'blobs' : 'manifests'}/${digest}`);
      const found = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
      if (status !== 200 || found !== digest || (size >= 0 && bytes.length !== size)) {
        problems.push(`${repository}:${tag} needs ${digest}: ${status}, ${bytes.length} bytes, ${found}`);
        return;
      }
      if (isBlob) return;
      const manifest = json() as Manifest;
      for (const child of manifest.manifests ?? []) await walk(tag, child, false);
      for (const blob of [manifest.config, ...(manifest.layers ?? [])])
        if (blob !== undefined) await walk(tag, blob, true);
      const list = (await ask(`referrers/${digest}`)).json() as Manifest;
      for (const entry of list.manifests ?? []) {
        referrers.add(`${repository}@${entry.digest}`);
        await walk(tag, entry, false);
      }
    };
    const { tags: names } = (await ask('tags/list')).json() as { tags: string[] };
    for (const tag of names) {
      const { status, bytes } = await ask(`manifests/${tag}`);
      const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
      if (status !== 200) problems.push(`${repository}:${tag} answers ${status}`);
      tags.set(`${repository}:${tag}`, digest);
      await walk(tag, { digest, size: -1 }, false);
    }
  }
  return { tags, referrers, problems };
}

async function read(
  url: string,
  scope: string,
  path: string,
): Promise<{ readonly status: number; readonly bytes: Buffer; readonly json: () => unknown }> {
  const basic = Buffer.from(`${LOGIN.user}:${LOGIN.password}`).toString('base64');
  const asked = await fetch(`${url}/token?scope=${encodeURIComponent(scope)}`, {
    headers: { authorization: `Basic ${basic}`, 'x-chaos': 'off' },
  });
  const { token } = (await asked.json()) as { token: string };
  const answer = await fetch(`${url}/v2/${path}`, {
    headers: { authorization: `Bearer ${token}`, 'x-chaos': 'off' },
  });
  const bytes = Buffer.from(await answer.arrayBuffer());
  return { status: answer.status, bytes, json: () => JSON.parse(bytes.toString('utf8')) as unknown };
}
