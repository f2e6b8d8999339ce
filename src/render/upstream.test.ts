import { describe, expect, it } from 'vitest';
import {
  type LockWish,
  lockOf,
  renderFile,
  renderInput,
  upstreamFile,
} from '../../test/support/render-input.ts';
import { applyEdits } from '../yaml/index.ts';
import { openFile } from './objects.ts';
import { referencesOf } from './references.ts';
import { render } from './render.ts';
import { rewriteFile } from './rewrite.ts';
import { changedByte } from './verify-rewrite.ts';

const KUBERNETES = 'deploy/deployment/kubernetes';
const SETS = [
  { che: '7.121.0', dwo: 'v0.43.0', naming: 'nested' },
  { che: '7.117.0', dwo: 'v0.40.1', naming: 'path' },
  { che: '7.86.0', dwo: 'v0.33.0', naming: 'flat' },
] as const;

/** The rendering of upstream's own files; undefined where they are not at hand. */
function renderUpstream(set: (typeof SETS)[number]) {
  const operator = `eclipse-che/che-operator/${set.che}`;
  const wanted = [
    ['devworkspace-operator', `devfile/devworkspace-operator/${set.dwo}/${KUBERNETES}/combined.yaml`],
    ['che-operator', `${operator}/${KUBERNETES}/combined.yaml`],
    ['che-cluster', `${operator}/${KUBERNETES}/org_v2_checluster.yaml`],
    ['editor-definition', `${operator}/editors-definitions/che-code-latest.yaml`],
  ] as const;
  const files = wanted.flatMap(([role, path]) => {
    const bytes = upstreamFile(path);
    return bytes === undefined ? [] : [renderFile(role, path, bytes)];
  });
  const wish: LockWish = { naming: set.naming };
  return { files, wish, input: renderInput(files, { wish, secret: 'pull' }) };
}

const isThere =
  upstreamFile(`devfile/devworkspace-operator/v0.43.0/${KUBERNETES}/combined.yaml`) !== undefined;

describe.skipIf(!isThere).each(SETS)('Che $che with DevWorkspace Operator $dwo', (set) => {
  const { files, input, wish } = renderUpstream(set);
  const out = render(input);
  const made = (path: string) => out.files.find((file) => file.path === path)?.bytes ?? Buffer.alloc(0);

  it('everything is private, and every reference is known', () => {
    expect(out.unknown).toEqual([]);
    expect(out.findings.filter(({ level }) => level === 'error')).toEqual([]);
    expect(out.closure.outside).toEqual([]);
    expect(files.flatMap(({ uses }) => uses).length).toBeGreaterThan(18);
  });

  it('only image bytes and the documented additions differ', () => {
    const options = { references: referencesOf(lockOf(files, wish)), isExcluded: () => false };
    for (const file of files.filter(({ role }) => role !== 'editor-definition')) {
      const rewritten = rewriteFile(file, options);
      expect(changedByte(file.file.bytes, rewritten.bytes, rewritten.edits)).toBeUndefined();
      // undone, the rewritten file is upstream's again
      let shift = 0;
      const undo = rewritten.edits.map(({ range: [start, end], text }) => {
        const from = start + shift;
        shift += text.length - (end - start);
        return {
          range: [from, from + text.length] as const,
          text: file.file.bytes.toString('utf8', start, end),
        };
      });
      expect(applyEdits(rewritten.bytes, undo).equals(file.file.bytes)).toBe(true);
      // what rendering adds beyond the images are whole lines, apart from the values for a closed network
      const path = out.files.find(
        (one) => one.path.endsWith(`-${file.role}.yaml`) && one.path.startsWith('manifests/'),
      );
      const lines = new Set((path?.bytes ?? Buffer.alloc(0)).toString().split('\n'));
      const gone = rewritten.bytes
        .toString()
        .split('\n')
        .filter((line) => !lines.has(line));
      expect(
        gone.filter(
          (line) => !/open-vsx|registry\.devfile\.io|externalDevfileRegistries:|networking: \{\}/.test(line),
        ),
      ).toEqual([]);
    }
  });

  it('the accounts that pull carry the secret', () => {
    expect(made('manifests/20-devworkspace-operator.yaml').toString()).toMatch(
      /name: devworkspace-controller-serviceaccount\n {2}namespace: devworkspace-controller\nimagePullSecrets:\n- name: pull\n---/,
    );
    expect(made('manifests/30-che-operator.yaml').toString()).toMatch(
      /name: che-operator\n {2}namespace: eclipse-che\nimagePullSecrets:\n- name: pull\n---/,
    );
  });

  it('the documents stay as many, and the chectl folder would be complete', () => {
    for (const { role, file } of files) {
      const path = out.files.find(
        (one) => one.path.startsWith('manifests/') && one.path.endsWith(`-${role}.yaml`),
      );
      if (path === undefined) continue;
      expect(openFile({ path: 'x', bytes: path.bytes }).documents).toHaveLength(
        openFile(file).documents.length,
      );
    }
  });
});

describe.skipIf(!isThere)('the chectl folder of Che 7.121.0', () => {
  it('has every file of chectl’s own, and names what it leaves out', () => {
    const { files } = renderUpstream(SETS[0]);
    const facts = { namespaces: [], accounts: [], pullSecrets: [] };
    const out = render(
      renderInput(files, { platform: { name: 'che', version: '7.121.0', platform: 'kubernetes', facts } }),
    );
    const chectl = out.files.map(({ path }) => path).filter((path) => path.startsWith('chectl/'));
    const operator = 'chectl/che-operator/kubernetes';
    expect(chectl).toEqual(
      [
        'chectl/che-operator-cr-patch.yaml',
        `${operator}/cluster_role.yaml`,
        `${operator}/cluster_rolebinding.yaml`,
        `${operator}/crds/org.eclipse.che_checlusters.yaml`,
        `${operator}/crds/org_checluster_cr.yaml`,
        `${operator}/operator.yaml`,
        `${operator}/org.eclipse.che.MutatingWebhookConfiguration.yaml`,
        `${operator}/org.eclipse.che.ValidatingWebhookConfiguration.yaml`,
        `${operator}/role.yaml`,
        `${operator}/role_binding.yaml`,
        `${operator}/selfsigned-issuer.yaml`,
        `${operator}/service_account.yaml`,
        `${operator}/serving-cert.yaml`,
        `${operator}/webhook-service.yaml`,
        'chectl/devworkspace-operator/kubernetes/combined.yaml',
      ].sort(),
    );
    expect(out.findings.map(({ subject }) => subject)).toEqual([
      'Namespace/eclipse-che',
      'ClusterRole/eclipse-che-edit',
      'ClusterRole/eclipse-che-view',
    ]);
  });
});
