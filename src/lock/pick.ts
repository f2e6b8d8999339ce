import { printable, SallyportError } from '../base/index.ts';
import type { WrittenConfig } from './types.ts';

/** The flag that says the same as a key of the file, so that a conflict names what the user typed. */
const FLAG_OF: Readonly<Record<string, string>> = {
  '/metadata/name': '--name',
  '/sources/profile/name': '--profile',
  '/sources/profile/version': '--version',
  '/sources/profile/devworkspaceOperator': '--dwo',
  '/sources/profile/certManager': '--cert-manager',
  '/sources/profile/upstream': '--upstream',
  '/sources/profile/platform': '--platform',
  '/sources/profile/only': '--only',
  '/sources/profile/without': '--without',
  '/sources/profile/editors': '--editors',
  '/sources/images': '--image',
  '/sources/exclude': '--exclude',
  '/platforms': '--platform',
  '/target/prefix': '--to',
  '/target/naming': '--naming',
  '/target/reference': '--reference',
  '/target/pullSecret/name': '--pull-secret',
  '/render/domain': '--domain',
  '/render/openVSXURL': '--open-vsx-url',
  '/render/externalDevfileRegistries': '--devfile-registry',
  '/render/annotateOriginals': '--annotate-originals',
  '/render/nodeConfig': '--node-config',
};

/** The one value that file and flag agree on; a conflict is noted, not thrown. */
export type PickValue = <T>(
  path: string,
  fileValue: T | undefined,
  flagValue: T | undefined,
) => T | undefined;

/**
 * Chooses between file and flag by the rule that neither wins silently: what only one says counts, and what both say has to
 * be equal (lists are compared as sets). Defaults of the file give way. `conflicts` fills while picking.
 */
export function openMerge(
  written: WrittenConfig | undefined,
  hasFile: boolean,
): { readonly pick: PickValue; readonly conflicts: SallyportError[] } {
  const conflicts: SallyportError[] = [];
  // without knowledge of the written text every value counts as said
  const said = (path: string) => hasFile && (written === undefined || written.places.has(path));
  return {
    conflicts,
    pick: (path, fileValue, flagValue) => {
      if (flagValue === undefined) return fileValue;
      if (fileValue === undefined || !said(path) || canonical(fileValue) === canonical(flagValue))
        return flagValue;
      const at = written?.places.get(path);
      const place = written === undefined ? 'the configuration' : `${written.file}:${at ?? ''}`;
      const flag = path.startsWith('/registries/') ? '--registry' : (FLAG_OF[path] ?? 'a flag');
      conflicts.push(
        new SallyportError(
          'CONFLICTING_OPTIONS',
          `is ${shown(fileValue)} in ${place} and ${shown(flagValue)} by ${flag}`,
          { subject: path.slice(1).replaceAll('/', '.') },
        ),
      );
      return fileValue;
    },
  };
}

function canonical(value: unknown): string {
  return JSON.stringify(Array.isArray(value) ? [...new Set<unknown>(value)].sort() : value);
}

function shown(value: unknown): string {
  return `“${printable(Array.isArray(value) ? value.join(',') : String(value))}”`;
}
