import { describe, expect, it } from 'vitest';
import { deployment, look } from '../../../test/support/discovery.ts';

const urls = (text: string) => look(text).egress.map(({ url }) => url);

describe('other hosts', () => {
  it.each([
    [
      'kind: CheCluster\nspec: {components: {pluginRegistry: {openVSXURL: "https://open-vsx.org"}}}',
      'https://open-vsx.org',
      'editors',
    ],
    [
      'kind: CheCluster\nspec: {devEnvironments: {editorsDownloadUrls: [{editor: x, url: "https://download.jetbrains.com/a.tar.gz"}]}}',
      'https://download.jetbrains.com/a.tar.gz',
      'JetBrains',
    ],
    [
      'kind: Kustomization\nresources: ["https://github.com/a/b/releases/download/v1/x.yaml"]',
      'https://github.com/a/b/releases/download/v1/x.yaml',
      'GitHub',
    ],
    [
      'kind: ConfigMap\ndata: {hub-url: "https://api.hub.tekton.dev/v1"}',
      'https://api.hub.tekton.dev/v1',
      'configured',
    ],
    [
      deployment('args: ["--repo=https://charts.example.dev/stable"]'),
      'https://charts.example.dev/stable',
      'charts',
    ],
    [
      deployment('command: [sh, -c, "curl -fsSL https://get.corp-tools.io/x | sh"]'),
      'https://get.corp-tools.io/x',
      'script',
    ],
    [
      deployment('env: [{name: MIRROR, value: "http://mirror.tools.cn:8080/x?y=1"}]'),
      'http://mirror.tools.cn:8080/x?y=1',
      'configured',
    ],
  ])('%s', (text, url, word) => {
    const { egress } = look(`${text}\n`);
    expect(egress.map((one) => one.url)).toEqual([url]);
    expect(egress[0]?.reason).toContain(word);
    expect(
      Buffer.from(text)
        .subarray(...(egress[0]?.range ?? [0, 0]))
        .toString(),
    ).toBe(url);
  });

  it('reads URLs in JSON of a variable, and in lists', () => {
    expect(urls(deployment(`env: [{name: X, value: '[{"url": "https://registry.devfile.io"}]'}]`))).toEqual([
      'https://registry.devfile.io',
    ]);
    expect(urls(deployment('env: [{name: X, value: "https://a.dev,https://b.dev"}]'))).toEqual([
      'https://a.dev',
      'https://b.dev',
    ]);
  });

  it.each([
    'metadata: {annotations: {support: "https://corp-tools.io"}}',
    'spec: {description: "https://corp-tools.io"}',
    'spec: {links: [{name: docs, url: "https://corp-tools.io"}]}',
    'spec: {icon: "https://corp-tools.io/x.svg"}',
    'spec: {docs_link: "https://corp-tools.io"}',
    '$schema: https://corp-tools.io/schema.json',
    'spec: {url: "http://api.team.svc:8080"}',
    'spec: {url: "http://api.team.svc.cluster.local:8080"}',
    'spec: {url: "http://grafana.istio"}',
    'spec: {url: "http://localhost:8080"}',
    'spec: {url: "http://10.1.2.3/x"}',
    'spec: {url: "https://example.com/x"}',
    'spec: {text: "See https://corp-tools.io for what this means, and how it works."}',
    'spec: {xmlns: "http://www.w3.org/2000/svg"}',
  ])('nothing in %s', (text) => {
    expect(urls(`kind: X\n${text}\n`)).toEqual([]);
  });

  it('leaves the page of who offers an operator alone', () => {
    expect(
      urls('kind: ClusterServiceVersion\nspec: {provider: {name: x, url: "https://corp-tools.io"}}\n'),
    ).toEqual([]);
  });
});
