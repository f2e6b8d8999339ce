import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Puts a program of this machine into the root of an image, with the libraries that it is linked to. */
export function copyProgram(root: string, from: string, to: string): void {
  const program = realpathSync(from);
  put(program, join(root, to));
  for (const library of librariesOf(program)) put(realpathSync(library), join(root, library));
}

function put(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true });
  cpSync(from, to);
}

/** The files that the loader opens for a program (ldd(1)). */
function librariesOf(program: string): readonly string[] {
  const text = execFileSync('ldd', [program], { encoding: 'utf8' });
  return [...text.matchAll(/(\/\S+) \(0x/g)].map(([, path]) => path ?? '');
}
