import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { SampleImage } from '../../../scripts/sample-images.ts';
import { PROGRAM } from '../../support/cli.ts';
import { copyProgram } from '../../support/copy-program.ts';
import { imageOf } from './images.ts';

/** An image of the built program: this machine's Node with the libraries that it is linked to, and `sallyport` on the PATH. */
export function makeProgramImage(): SampleImage {
  const root = mkdtempSync(join(tmpdir(), 'sallyport-image-'));
  try {
    copyProgram(root, process.execPath, 'usr/bin/node');
    copyProgram(root, execFileSync('which', ['env'], { encoding: 'utf8' }).trim(), 'usr/bin/env');
    cpSync(dirname(PROGRAM), join(root, 'app'), { recursive: true });
    symlinkSync('/app/sallyport.mjs', join(root, 'usr', 'bin', 'sallyport'));
    const tar = execFileSync('tar', ['--owner=0', '--group=0', '-C', root, '-cf', '-', '.'], {
      maxBuffer: 1024 ** 3,
    });
    return imageOf(tar, { Env: ['PATH=/usr/bin'], Entrypoint: ['sallyport'] });
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}
