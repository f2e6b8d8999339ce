import { resolve } from 'node:path';
import { SallyportError } from '../base/index.ts';
import { type InitOptions, writeConfig } from '../lock/index.ts';
import type { WorkflowContext } from './context.ts';
import { exists, writeWhole } from './files.ts';

export interface InitResult {
  readonly file: string;
}

/** Writes a commented configuration. Throws `OUTPUT_FOREIGN_FILES` when the file is there and `force` is not given. */
export async function initConfig(
  context: WorkflowContext,
  options: InitOptions & { readonly file: string; readonly force: boolean },
): Promise<InitResult> {
  const path = resolve(context.cwd, options.file);
  if (!options.force && (await exists(path))) {
    throw new SallyportError('OUTPUT_FOREIGN_FILES', 'exists already', {
      subject: options.file,
      hint: 'Name another file with -c FILE, or pass --force to replace it.',
    });
  }
  await writeWhole(path, Buffer.from(writeConfig(options)), options.file);
  return { file: options.file };
}
