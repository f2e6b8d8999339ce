import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { SampleImage } from '../../../scripts/sample-images.ts';
import { PROGRAM } from '../../support/cli.ts';
import { imageOf } from './images.ts';

/** An image of the built program: this machine's Node with the libraries that it is linked to, and `sallyport` on the PATH. */
export function makeProgramImage(): SampleImage {
  const root = mkdtempSync(join(tmpdir(), 'sallyport-image-'));
  try {
    const put = (from: string, to: string) => {
      mkdirSync(dirname(join(root, to)), { recursive: true });
      cpSync(from, join(root, to), { recursive: true });
    };
    const env = execFileSync('which', ['env'], { encoding: 'utf8' }).trim();
    const programs = {
      [realpathSync(process.execPath)]: '/usr/bin/node',
      [realpathSync(env)]: '/usr/bin/env',
    };
    for (const [from, to] of Object.entries(programs)) {
      put(from, to);
      for (const library of librariesOf(from)) put(realpathSync(library), library);
    }
    put(dirname(PROGRAM), '/app');
    symlinkSync('/app/sallyport.mjs', join(root, 'usr', 'bin', 'sallyport'));
    const tar = execFileSync('tar', ['--owner=0', '--group=0', '-C', root, '-cf', '-', '.'], {
      maxBuffer: 1024 ** 3,
    });
    return imageOf(tar, { Env: ['PATH=/usr/bin'], Entrypoint: ['sallyport'] });
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

/** The files that the loader opens for a program, itself included (ldd(1)). */
function librariesOf(program: string): readonly string[] {
  const text = execFileSync('ldd', [program], { encoding: 'utf8' });
  return [...text.matchAll(/(\/\S+) \(0x/g)].map(([, path]) => path ?? '');
}
