import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface GoTool {
  /** Package to install, for example `github.com/google/go-containerregistry/cmd/crane`. */
  readonly module: string;
  readonly version: string;
  /** Name of the program that it gives. */
  readonly program: string;
}

/** What Go says when the network, not the tool, is the trouble. */
const NO_NETWORK =
  /dial tcp|no such host|i\/o timeout|connection refused|network is unreachable|proxyconnect/;

/** A program from the Go module proxy, built once and kept in `.cache`; or the reason why this machine cannot have it. */
export async function goTool(
  tool: GoTool,
): Promise<{ readonly path: string } | { readonly missing: string }> {
  const cache = resolve(import.meta.dirname, '../../.cache/tools', `${tool.program}-${tool.version}`);
  const path = join(cache, tool.program);
  if (existsSync(path)) return { path };
  try {
    await run('go', ['version']);
  } catch {
    return { missing: 'Go is not installed' };
  }
  await mkdir(cache, { recursive: true });
  // Built beside and renamed, so that a build that was cut off is never taken for a program.
  const building = await mkdtemp(join(cache, 'build-'));
  try {
    await run('go', ['install', `${tool.module}@${tool.version}`], {
      env: { ...process.env, GOBIN: building, GOFLAGS: '-buildvcs=false' },
      timeout: 240_000,
    });
    await rename(join(building, tool.program), path);
    return { path };
  } catch (thrown) {
    const text = String(thrown);
    if (NO_NETWORK.test(text))
      return { missing: `the Go module proxy cannot be reached: ${text.slice(0, 300)}` };
    throw thrown;
  } finally {
    await rm(building, { recursive: true, force: true });
  }
}
