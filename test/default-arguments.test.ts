import { expect, it } from 'vitest';
import { resolveProfile } from '../src/profiles/index.ts';
import { render } from '../src/render/index.ts';
import { renderFile, renderInput } from './support/render-input.ts';
import { folderUpstream, hasRealUpstream, MINI_UPSTREAM, REAL_UPSTREAM } from './support/upstream.ts';

/** cert-manager starts a solver whose image old versions have compiled in: without an argument it would come from the public host. */
async function rendered(version: string, upstream: string) {
  const profile = await resolveProfile(
    'cert-manager',
    {
      version,
      devworkspaceOperator: 'auto',
      certManager: 'auto',
      platform: 'kubernetes',
      only: [],
      without: [],
      editors: [],
      force: false,
    },
    folderUpstream(upstream),
    {},
  );
  const files = profile.inputs.map(({ role, path, bytes }) => renderFile(role, path, bytes));
  const { name, platform, facts } = profile;
  const output = render(
    renderInput(files, {
      platform: { name, version: profile.version, platform, facts },
      wish: { more: profile.images.map(({ reference }) => reference) },
    }),
  );
  const text = output.files.find(({ path }) => path === 'manifests/10-cert-manager.yaml')?.bytes.toString();
  return {
    output,
    flags: [...(text ?? '').matchAll(/--acme-http01-solver-image=(\S+)/g)].map((match) => match[1]),
  };
}

it('an image that a program has compiled in is given to it as an argument', async () => {
  const { output, flags } = await rendered('1.8.2', MINI_UPSTREAM);
  expect(flags).toEqual([
    expect.stringMatching(
      /^registry\.corp\.example\/che\/quay\.io\/jetstack\/cert-manager-acmesolver:v1\.8\.2@sha256:/,
    ),
  ]);
  expect(output.closure.outside).toEqual([]);
  expect(output.findings.filter(({ level }) => level === 'error')).toEqual([]);
});

it.skipIf(!hasRealUpstream)('an argument that is there is rewritten, and not given twice', async () => {
  const { flags } = await rendered('1.18.0', REAL_UPSTREAM);
  expect(flags).toEqual([
    expect.stringMatching(/^registry\.corp\.example\/che\/.*acmesolver:v1\.18\.0@sha256:/),
  ]);
});
