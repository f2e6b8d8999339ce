import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { hasRealUpstream, REAL_UPSTREAM } from '../../test/support/upstream.ts';
import { type Discovery, discover } from './index.ts';

/** Real files of public projects, where they lie beside the checkout. The counts are those of their authors' own lists, made by reading. */
const at = (...path: string[]) => join(REAL_UPSTREAM, ...path);
const look = (path: string): Discovery => {
  const { discovery, failures } = discover([{ path, bytes: readFileSync(path) }]);
  expect(failures).toEqual([]);
  return discovery;
};
const distinct = ({ uses }: Discovery) => [...new Set(uses.map(({ reference }) => reference))].sort();
const dwo = (version: string, platform = 'kubernetes') =>
  at('devfile/devworkspace-operator', version, 'deploy/deployment', platform, 'combined.yaml');
const che = (version: string, ...path: string[]) => at('eclipse-che/che-operator', version, ...path);

describe.skipIf(!hasRealUpstream)('discovery on real files', () => {
  it.each(['kubernetes', 'openshift'])(
    'DevWorkspace Operator v0.42.0 for %s: one image and six variables, six distinct',
    (platform) => {
      const found = look(dwo('v0.42.0', platform));
      expect(found.uses.map(({ how }) => how).sort()).toEqual([
        'env',
        'env',
        'env',
        'env',
        'env',
        'env',
        'field',
      ]);
      expect(distinct(found)).toHaveLength(6);
      expect(found.unresolved).toEqual([]);
    },
  );

  it.each([
    ['v0.19.0', 'gcr.io/kubebuilder/kube-rbac-proxy:v0.13.1'],
    ['v0.33.0', 'quay.io/brancz/kube-rbac-proxy:v0.13.1'],
  ])('DevWorkspace Operator %s names its proxy in a variable and in a container', (version, proxy) => {
    const uses = look(dwo(version)).uses.filter(({ reference }) => reference === proxy);
    expect(uses.map(({ how }) => how).sort()).toEqual(['env', 'field']);
  });

  it('Che 7.121.0: fourteen distinct images, each on the line where it stands, one inside JSON', () => {
    const found = look(che('7.121.0', 'deploy/deployment/kubernetes/combined.yaml'));
    expect(distinct(found)).toHaveLength(14);
    expect(found.uses.map(({ line }) => line)).toEqual([
      28897, 28899, 28901, 28903, 28905, 28907, 28909, 28911, 28913, 28915, 28917, 28919, 28937, 28951,
    ]);
    expect(found.uses.find(({ how }) => how === 'embedded')?.reference).toBe(
      'quay.io/devfile/universal-developer-image:ubi9-latest',
    );
    expect(found.egress.map(({ url }) => url)).toEqual([
      'https://open-vsx.org',
      'https://registry.devfile.io',
    ]);
  });

  it('Che 7.86.0: images with digests under variables with encoded names', () => {
    const found = look(che('7.86.0', 'deploy/deployment/kubernetes/combined.yaml'));
    const text = readFileSync(che('7.86.0', 'deploy/deployment/kubernetes/combined.yaml'), 'utf8');
    const values = [
      ...text.matchAll(
        /^ {10}value: '?((?:quay|ghcr|docker|index\.docker|registry\.[a-z.]+)[a-z.]*\/\S+?)'?$/gm,
      ),
    ].map((match) => match[1]);
    expect(values.length).toBeGreaterThan(30);
    expect(distinct(found)).toEqual(expect.arrayContaining([...new Set(values)]));
  });

  it('the bundle of 7.121.0: digests, with the tags in comments left alone', () => {
    const path = che(
      '7.121.0',
      'bundle/stable/eclipse-che/manifests/che-operator.clusterserviceversion.yaml',
    );
    const found = look(path);
    const bytes = readFileSync(path);
    const related = [...bytes.toString('utf8').matchAll(/^ {4}- image: (\S+)|^ {6}image: (\S+)$/gm)].map(
      (match) => match[1] ?? match[2],
    );
    expect(found.uses.filter(({ how }) => how === 'csv').length).toBeGreaterThanOrEqual(25);
    expect(distinct(found)).toEqual(expect.arrayContaining(related.filter((one) => one !== undefined)));
    for (const use of found.uses) expect(bytes.subarray(...use.range).toString('utf8')).toBe(use.reference);
    expect(distinct(found).some((reference) => reference.includes('#'))).toBe(false);
  });

  it('the 26 editor definitions: two images each', () => {
    const folder = che('7.121.0', 'editors-definitions');
    const names = readdirSync(folder);
    expect(names).toHaveLength(26);
    for (const name of names) {
      const found = look(join(folder, name));
      expect(
        found.uses.map(({ how, confidence }) => `${how} ${confidence}`),
        name,
      ).toEqual(['field certain', 'field certain']);
      expect(found.egress, name).toEqual([]);
    }
  });

  it('cert-manager names its solver in an argument', () => {
    const found = look(at('cert-manager/cert-manager/releases/download/v1.18.0/cert-manager.yaml'));
    expect(distinct(found)).toEqual(
      ['acmesolver', 'cainjector', 'controller', 'webhook'].map(
        (name) => `quay.io/jetstack/cert-manager-${name}:v1.18.0`,
      ),
    );
    expect(found.uses.find(({ reference }) => reference.includes('acmesolver'))?.how).toBe('arg');
  });

  it('finds nothing in the schemas of CRDs', () => {
    for (const path of [dwo('v0.42.0'), che('7.121.0', 'deploy/deployment/kubernetes/combined.yaml')]) {
      expect(look(path).uses.filter(({ kind }) => kind === 'CustomResourceDefinition')).toEqual([]);
    }
  });
});
