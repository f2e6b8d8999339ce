import { describe, expect, it } from 'vitest';
import { renderFile, renderInput } from '../../../test/support/render-input.ts';
import type { RuntimeFacts } from '../../facts/index.ts';
import { render } from '../render.ts';

function pod(kind: string, name: string, spec: string, namespace: string | undefined = 'demo'): string {
  const meta = `metadata:\n  name: ${name}\n${namespace === '' ? '' : `  namespace: ${namespace}\n`}`;
  const head = `apiVersion: apps/v1\nkind: ${kind}\n${meta}spec:\n`;
  if (kind === 'Pod') return `${head}  ${spec}`;
  if (kind === 'CronJob')
    return `${head}  jobTemplate:\n    spec:\n      template:\n        spec:\n          ${spec.replace(/\n(?=.)/g, '\n        ')}`;
  return `${head}  template:\n    spec:\n      ${spec.replace(/\n(?=.)/g, '\n    ')}`;
}

function account(name: string, namespace = 'demo', more = ''): string {
  return `apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: ${name}\n  namespace: ${namespace}\n${more}`;
}

const CONTAINER = 'containers:\n  - name: c\n    image: quay.io/demo/a:1\n';

function out(text: string, facts?: RuntimeFacts, platform: 'kubernetes' | 'openshift' = 'kubernetes') {
  const made = render(
    renderInput([renderFile('extra', 'in.yaml', text)], {
      secret: 'pull',
      ...(facts === undefined ? {} : { platform: { name: 'demo', version: '1', platform, facts } }),
    }),
  );
  const file = (path: string) => made.files.find((one) => one.path === path)?.bytes.toString();
  return {
    ...made,
    file,
    manifest: file('manifests/50-in.yaml'),
    added: file('manifests/05-service-accounts.yaml'),
  };
}

describe('who pulls', () => {
  it.each(['Pod', 'Deployment', 'StatefulSet', 'DaemonSet', 'Job', 'CronJob'])(
    'the account that a %s names',
    (kind) => {
      const { manifest, added } = out(
        `${pod(kind, 'w', `serviceAccountName: sa\n  ${CONTAINER}`)}---\n${account('sa')}---\n${account('other')}`,
      );
      expect(manifest).toContain(`${account('sa')}imagePullSecrets:\n- name: pull\n---\n`);
      expect(manifest?.endsWith(account('other'))).toBe(true);
      expect(added).toBeUndefined();
    },
  );

  it('the default account, once per namespace, where none is named', () => {
    const { added } = out(
      [
        pod('Deployment', 'a', CONTAINER),
        pod('Deployment', 'b', CONTAINER),
        pod('Job', 'c', CONTAINER, 'two'),
      ].join('---\n'),
    );
    expect(added).toBe(
      ['demo', 'two']
        .map(
          (namespace) =>
            `---\n# ${namespace === 'demo' ? 'Deployment/a' : 'Job/c'} pulls with it\napiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: default\n  namespace: ${namespace}\nimagePullSecrets:\n- name: pull\n`,
        )
        .join(''),
    );
  });

  it('init containers count, and a List’s items are edited where they stand', () => {
    const list = `apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: ServiceAccount\n  metadata: {name: sa, namespace: demo}\n- apiVersion: v1\n  kind: Pod\n  metadata: {name: p, namespace: demo}\n  spec:\n    serviceAccountName: sa\n    initContainers:\n    - {name: i, image: "quay.io/demo/a:1"}\n`;
    const { manifest } = out(list);
    expect(manifest).toContain(
      '  metadata: {name: sa, namespace: demo}\n  imagePullSecrets:\n  - name: pull\n- apiVersion: v1\n',
    );
  });

  it('an account of another namespace is another account', () => {
    const { manifest, added } = out(
      `${pod('Pod', 'p', `serviceAccountName: sa\n  ${CONTAINER}`)}---\n${account('sa', 'elsewhere')}`,
    );
    expect(manifest?.endsWith(account('sa', 'elsewhere'))).toBe(true);
    expect(added).toContain('name: sa\n  namespace: demo\n');
  });

  it('a pod that names the secret itself, and an account that has it, stay as they are', () => {
    const own = pod('Pod', 'p', `imagePullSecrets:\n  - name: pull\n  ${CONTAINER}`);
    const has = account('sa', 'demo', 'imagePullSecrets:\n- name: pull\n');
    const { manifest, added } = out(
      `${own}---\n${pod('Pod', 'q', `serviceAccountName: sa\n  ${CONTAINER}`)}---\n${has}`,
    );
    expect(manifest?.endsWith(has)).toBe(true);
    expect(added).toBeUndefined();
  });

  it('without a pull secret in the configuration nothing is added', () => {
    const text = `${pod('Pod', 'p', CONTAINER)}---\n${account('default')}`;
    const made = render(renderInput([renderFile('extra', 'in.yaml', text)]));
    expect(
      made.files.map(({ path }) => path).filter((path) => /secret|account|namespace/.test(path)),
    ).toEqual([]);
    expect(
      made.files
        .find(({ path }) => path === 'manifests/50-in.yaml')
        ?.bytes.toString()
        .endsWith(account('default')),
    ).toBe(true);
  });
});

const FACTS: RuntimeFacts = {
  namespaces: [{ name: 'demo', labels: { team: 'x' }, reason: 'Upstream ships none.', source: 'a test' }],
  accounts: [
    {
      namespace: 'demo',
      name: 'later',
      labels: { 'app.kubernetes.io/part-of': 'demo' },
      madeBy: 'operator',
      reason: 'Made by the operator.',
      source: 'a test',
    },
    {
      namespace: 'demo',
      name: 'default',
      labels: {},
      madeBy: 'kubernetes',
      reason: 'Jobs run with it.',
      source: 'a test',
    },
  ],
  pullSecrets: [
    {
      namespace: 'demo',
      labels: { 'controller.devfile.io/watch-secret': 'true' },
      reason: 'Copied to users.',
      source: 'a test',
    },
  ],
};

describe('what operators make later', () => {
  it('is written beforehand, with the labels without which it would be replaced', () => {
    const { added, file } = out(pod('Pod', 'p', CONTAINER), FACTS);
    expect(added).toContain(
      '# Made by the operator.\napiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: later\n  namespace: demo\n  labels:\n    app.kubernetes.io/part-of: demo\nimagePullSecrets:\n- name: pull\n',
    );
    expect(file('manifests/00-namespaces.yaml')).toBe(
      '---\n# Upstream ships none.\napiVersion: v1\nkind: Namespace\nmetadata:\n  name: demo\n  labels:\n    team: x\n',
    );
    expect(file('kustomization.yaml')).toContain(
      '- manifests/00-namespaces.yaml\n- manifests/05-service-accounts.yaml\n- manifests/50-in.yaml\n',
    );
  });

  it('a namespace that the files ship is copied, to be applied first, and is no resource twice', () => {
    const { file } = out(
      `apiVersion: v1\nkind: Namespace\nmetadata:\n  name: demo # theirs\n---\n${pod('Pod', 'p', CONTAINER)}`,
      FACTS,
    );
    expect(file('manifests/00-namespaces.yaml')).toBeUndefined();
    expect(file('manifests/01-namespaces-of-the-files-below.yaml')).toBe(
      '---\napiVersion: v1\nkind: Namespace\nmetadata:\n  name: demo # theirs\n',
    );
    expect(file('kustomization.yaml')).not.toContain('01-');
  });

  it('on OpenShift the default account keeps its own secrets, and the README says how to add one', () => {
    const { added, file, findings } = out(pod('Pod', 'p', CONTAINER), FACTS, 'openshift');
    expect(added).not.toContain('name: default');
    expect(findings.map(({ subject }) => subject)).toContain('ServiceAccount/default in demo');
    expect(file('README.md')).toContain('oc secrets link default pull --for=pull -n demo');
  });
});

describe('the pull secret', () => {
  it('is a placeholder with the command beside it, and no resource of the kustomization', () => {
    const { files, file } = out(pod('Pod', 'p', CONTAINER), FACTS);
    const text = file('secrets/pull-secrets.yaml') ?? '';
    expect(text).toContain(
      'type: kubernetes.io/dockerconfigjson\nstringData:\n  ".dockerconfigjson": \'{"auths": {}}\'\n',
    );
    expect(text).toContain(
      '#   kubectl create secret generic pull --namespace demo --type kubernetes.io/dockerconfigjson \\\n',
    );
    expect(text).toContain('| kubectl label --local -f - controller.devfile.io/watch-secret=true -o yaml');
    expect(text).toContain('  labels:\n    controller.devfile.io/watch-secret: "true"\n');
    expect(file('kustomization.yaml')).not.toContain('secrets/');
    expect(files.filter(({ secret }) => secret === true)).toEqual([]);
  });

  it('holds real credentials only when they are given, in one file that is marked', () => {
    const credentials = '{"auths":{"registry.corp.example":{"auth":"dXNlcjpwYXNz"}}}';
    const input = renderInput([renderFile('extra', 'in.yaml', pod('Pod', 'p', CONTAINER))], {
      secret: 'pull',
      dockerConfigJson: credentials,
    });
    const { files } = render(input);
    const encoded = Buffer.from(credentials).toString('base64');
    const holders = files.filter(
      ({ bytes }) => /dXNlcjpwYXNz/.test(bytes.toString()) || bytes.includes(encoded),
    );
    expect(holders.map(({ path, secret }) => ({ path, secret }))).toEqual([
      { path: 'secrets/pull-secrets.yaml', secret: true },
    ]);
    expect(files.find(({ path }) => path === 'secrets/.gitignore')?.bytes.toString()).toBe(
      'pull-secrets.yaml\n',
    );
  });
});
