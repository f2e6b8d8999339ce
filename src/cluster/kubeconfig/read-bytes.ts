import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { SallyportError, systemCode } from '../../base/index.ts';

/** The bytes of `…-data` (base64) or of the file that is named; the first wins, as in kubectl. Throws `KUBECONFIG_INVALID`. */
export async function readBytes(
  data: string | undefined,
  path: string | undefined,
  kubeconfig: string,
  what: string,
): Promise<Buffer | undefined> {
  if (data !== undefined && data !== '') return Buffer.from(data, 'base64');
  if (path === undefined || path === '') return undefined;
  const full = resolve(dirname(kubeconfig), path);
  try {
    return await readFile(full);
  } catch (cause) {
    throw new SallyportError(
      'KUBECONFIG_INVALID',
      `\`${what}\` names a file that cannot be read (${systemCode(cause) ?? 'unknown reason'}): ${full}`,
      { subject: kubeconfig, cause },
    );
  }
}
