import { describe, expect, it } from 'vitest';
import { renderFile, renderInput } from '../../../test/support/render-input.ts';
import type { RenderConfig } from '../../lock/index.ts';
import type { RenderInput } from '../input.ts';
import { openFile } from '../objects.ts';
import { render } from '../render.ts';
import { chectlCommand } from './chectl-command.ts';
import { chectlTree } from './chectl-tree.ts';
import { editorOverrides } from './editors.ts';

/** Written for this test in the shape of the operator's manifest. */
const OPERATOR = `apiVersion: v1
kind: Namespace
metadata:
  name: eclipse-che
---
apiVersion: v1
kind: ServiceAccount
metadata:
  name: che-operator
  namespace: eclipse-che
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: something-new
rules: []
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: che-operator
  namespace: eclipse-che
spec:
  template:
    spec:
      serviceAccountName: che-operator
      containers:
      - name: che-operator
        image: quay.io/eclipse/che-operator:7.121.0
        env:
        - name: RELATED_IMAGE_che_server
          value: quay.io/eclipse/che-server:7.121.0
        - name: CHE_DEFAULT_SPEC_COMPONENTS_PLUGINREGISTRY_OPENVSXURL
          value: https://open-vsx.org
        - name: CHE_DEFAULT_SPEC_COMPONENTS_DEVFILEREGISTRY_EXTERNAL_DEVFILE_REGISTRIES
          value: '[{"url": "https://registry.devfile.io"}]'
        - name: LAST
          value: ""
        ports: []
`;
const CLUSTER = `# licence
apiVersion: org.eclipse.che/v2
kind: CheCluster
metadata:
  name: eclipse-che
  namespace: eclipse-che
spec:
  components:
    pluginRegistry:
      disableInternalRegistry: true
    devfileRegistry:
      externalDevfileRegistries:
        - url: 'https://registry.devfile.io'
  networking: {}
  containerRegistry: {}
`;
const editor = (name: string, image: string) =>
  renderFile(
    'editor-definition',
    `editors/${name}.yaml`,
    `schemaVersion: 2.3.0\nmetadata:\n  name: ${name}\n  attributes:\n    version: latest\ncomponents:\n  - name: ${name}-injector\n    container:\n      image: ${image}\n  - name: volume\n    volume: {}\nattributes:\n  version: null\n`,
  );

function che(settings: Partial<RenderConfig> = {}, more: Partial<Parameters<typeof renderInput>[1]> = {}) {
  const files = [
    renderFile('che-operator', 'combined.yaml', OPERATOR),
    renderFile('che-cluster', 'org_v2_checluster.yaml', CLUSTER),
    editor('che-code', 'quay.io/che-incubator/che-code:7.121.0'),
    editor('che-idea', 'quay.io/che-incubator/che-idea:next'),
  ];
  const platform: NonNullable<RenderInput['platform']> = {
    name: 'che',
    version: '7.121.0',
    platform: 'kubernetes',
    facts: { namespaces: [], accounts: [], pullSecrets: [] },
  };
  const out = render(renderInput(files, { platform, render: settings, ...more }));
  const file = (path: string) => out.files.find((one) => one.path === path)?.bytes.toString() ?? '';
  return {
    ...out,
    file,
    operator: file('manifests/30-che-operator.yaml'),
    cluster: file('manifests/40-che-cluster.yaml'),
  };
}

describe('the Che operator', () => {
  it('gets a variable for each editor image, behind those it has', () => {
    const { operator } = che();
    expect(operator).toMatch(
      /- name: LAST\n {10}value: ""\n {8}- name: RELATED_IMAGE_editor_definition_che_code_latest_che_code_injector\n {10}value: registry\.corp\.example\/che\/quay\.io\/che-incubator\/che-code:7\.121\.0@sha256:[0-9a-f]{64}\n {8}- name: RELATED_IMAGE_editor_definition_che_idea_latest_che_idea_injector\n {10}value: \S+\n {8}ports: \[\]\n/,
    );
  });

  it('joins every run of other characters to one underscore', () => {
    const text =
      'metadata:\n  name: my--editor.x\n  attributes: {version: 1.2-next}\ncomponents:\n- name: _part\n  container: {image: quay.io/a/b:1}\n';
    const [override] = editorOverrides(openFile({ path: 'x', bytes: Buffer.from(text) }));
    expect(override?.name).toBe('RELATED_IMAGE_editor_definition_my_editor_x_1_2_next_part');
    expect(override?.editor).toBe('my--editor.x/1.2-next');
  });

  it('leaves out editors that are left out, and says which', () => {
    const { operator, file, closure } = che(
      {},
      { wish: { without: (reference) => reference.includes('che-idea') } },
    );
    expect(operator).not.toContain('che_idea');
    expect(file('README.md')).toContain('left out on request: che-idea/latest');
    expect(file('editor-definitions/che-idea.yaml')).toBe('');
    expect(file('editor-definitions/che-code.yaml')).toContain('image: registry.corp.example/che/');
    expect(closure.ok).toBe(true);
  });

  it.each<{
    name: string;
    settings: Partial<RenderConfig>;
    openVsx: string;
    registries: string;
    clusterUrl: string;
    clusterList: string;
  }>([
    {
      name: 'closed, when nothing is said',
      settings: {},
      openVsx: '""',
      registries: '[]',
      clusterUrl: '""',
      clusterList: 'externalDevfileRegistries: []\n',
    },
    {
      name: 'internal addresses',
      settings: { openVSXURL: 'https://vsx.corp', externalDevfileRegistries: ['https://dev.corp'] },
      openVsx: 'https://vsx.corp',
      registries: `'[{"url":"https://dev.corp"}]'`,
      clusterUrl: 'https://vsx.corp',
      clusterList: 'externalDevfileRegistries:\n      - url: https://dev.corp\n',
    },
  ])('network: $name', ({ settings, openVsx, registries, clusterUrl, clusterList }) => {
    const { operator, cluster } = che(settings);
    expect(operator).toContain(`OPENVSXURL\n          value: ${openVsx}\n`);
    expect(operator).toContain(
      `EXTERNAL_DEVFILE_REGISTRIES\n          value: ${registries === '[]' ? '"[]"' : registries}\n`,
    );
    expect(cluster).toContain(
      `    pluginRegistry:\n      disableInternalRegistry: true\n      openVSXURL: ${clusterUrl}\n    devfileRegistry:\n      ${clusterList}`,
    );
  });
});

describe('the CheCluster', () => {
  it('is patched where it stands: domain, then the user’s own settings, with their images rewritten', () => {
    const { cluster, unknown } = che(
      {
        domain: 'che.corp',
        cheCluster: {
          spec: {
            networking: { tlsSecretName: 'che-tls' },
            devEnvironments: { gatewayContainer: { image: 'quay.io/x/gw:1' } },
          },
        },
      },
      { wish: { more: ['quay.io/x/gw:1'] } },
    );
    expect(cluster).toMatch(
      / {2}networking:\n {4}domain: che\.corp\n {4}tlsSecretName: che-tls\n {2}containerRegistry: \{\}\n {2}devEnvironments:\n {4}gatewayContainer:\n {6}image: registry\.corp\.example\/che\/quay\.io\/x\/gw:1@sha256:/,
    );
    expect(cluster.startsWith('# licence\napiVersion: org.eclipse.che/v2\n')).toBe(true);
    expect(unknown).toEqual([]);
  });

  it('with an image that is not in the lock is not passed over', () => {
    const { unknown, closure } = che({
      cheCluster: { spec: { devEnvironments: { gatewayContainer: { image: 'quay.io/x/gw:1' } } } },
    });
    expect(unknown.map(({ reference, file }) => ({ reference, file }))).toEqual([
      { reference: 'quay.io/x/gw:1', file: 'sallyport.yaml: render.cheCluster' },
    ]);
    expect(closure.ok).toBe(false);
  });

  it('never gets a container registry', () => {
    expect(() => che({ cheCluster: { spec: { containerRegistry: { hostname: 'reg.corp' } } } })).toThrow(
      /must stay empty/,
    );
    expect(che({ cheCluster: { spec: { containerRegistry: { hostname: '' } } } }).closure.ok).toBe(true);
  });

  it('is written from the defaults when no file has it', () => {
    const files = [renderFile('che-operator', 'combined.yaml', OPERATOR)];
    const { files: made } = render(renderInput(files, { render: { domain: 'che.corp' } }));
    expect(made.find(({ path }) => path === 'manifests/40-che-cluster.yaml')?.bytes.toString()).toContain(
      '  networking:\n    domain: che.corp\n',
    );
  });
});

describe('chectl', () => {
  it('gets its folder from the rewritten documents, byte for byte, and what it cannot use is said', () => {
    const { files, findings } = chectlTree({
      cheOperator: Buffer.from(OPERATOR),
      cheCluster: Buffer.from(CLUSTER),
    });
    const byPath = new Map(
      files.map(({ path, bytes }) => [path.replace('chectl/che-operator/kubernetes/', ''), bytes.toString()]),
    );
    expect([...byPath.keys()]).toEqual([
      'service_account.yaml',
      'operator.yaml',
      'crds/org_checluster_cr.yaml',
    ]);
    expect(OPERATOR).toContain(byPath.get('operator.yaml'));
    expect(byPath.get('service_account.yaml')).toBe(
      '---\napiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: che-operator\n  namespace: eclipse-che\n',
    );
    expect(
      findings.filter(({ subject }) => subject.startsWith('ClusterRole/')).map(({ message }) => message),
    ).toEqual([expect.stringContaining('apply it with kubectl')]);
    expect(findings.some(({ subject }) => subject === 'chectl/che-operator/kubernetes/role.yaml')).toBe(true);
  });

  it('gets the exact command line', () => {
    const options = {
      version: '7.121.0',
      platform: 'k8s',
      domain: 'che.corp',
      templates: 'chectl',
      crPatch: 'chectl/p.yaml',
      skipCertManager: true,
    } as const;
    expect(chectlCommand(options).join(' ')).toBe(
      'chectl server:deploy --platform k8s --domain che.corp --templates chectl --che-operator-cr-patch-yaml chectl/p.yaml --skip-devworkspace-operator --skip-cert-manager --batch --telemetry=off',
    );
    const other = chectlCommand({ ...options, platform: 'minikube', skipCertManager: false });
    expect(other).not.toContain('--domain');
    expect(other).not.toContain('--skip-cert-manager');
  });

  it('gets no folder on OpenShift, where it installs through OLM', () => {
    const platform = {
      name: 'che',
      version: '7.121.0',
      platform: 'openshift',
      facts: { namespaces: [], accounts: [], pullSecrets: [] },
    } as const;
    expect(che({}, { platform }).files.filter(({ path }) => path.startsWith('chectl/'))).toEqual([]);
  });
});
