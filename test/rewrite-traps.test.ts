import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { discover as discoverFiles } from '../src/discovery/index.ts';
import { parsePrefix } from '../src/oci/index.ts';
import type { Discover } from '../src/render/index.ts';
import { referencesOf } from '../src/render/references.ts';
import { rewriteFile } from '../src/render/rewrite.ts';
import { verifyRewrite } from '../src/render/verify-rewrite.ts';
import { lockOf, renderFile } from './support/render-input.ts';

/** Every trap of discovery, moved to targets of every kind of name: what was found must be found again, at the target. */
const FOLDER = join(import.meta.dirname, 'fixtures', 'discovery');
const FIXTURES = readdirSync(FOLDER).filter((name) => !name.endsWith('.expected.json'));
const PREFIXES = [
  'registry.corp.example/che',
  'harbor.corp.example',
  'mirror.kubernetes.io/a',
  'registry.infra.svc:5000/che',
  '10.1.2.3/che',
  '10.1.2.3:5000/x/y',
  'localhost:5000',
];
const NAMINGS = ['nested', 'path', 'flat'] as const;
const REFERENCES = ['tag-and-digest', 'digest', 'tag'] as const;

describe.each(PREFIXES)('what was found, moved to %s', (prefix) => {
  const discover: Discover = (file) => discoverFiles([file], { prefixes: [prefix] }).discovery;

  it.each(FIXTURES)('is found again in %s', (name) => {
    const file = renderFile('extra', name, readFileSync(join(FOLDER, name)));
    for (const naming of NAMINGS)
      for (const reference of REFERENCES) {
        const references = referencesOf(lockOf([file], { prefix, naming, reference }));
        const options = { references, isExcluded: () => false };
        const after = rewriteFile(file, options);
        const refused = after.findings.filter(({ level }) => level === 'error');
        // one segment has no room for an organisation in a key of its own, and the user is told
        const isShort = naming === 'flat' && parsePrefix(prefix).path === '';
        expect(refused.filter(({ message }) => !(isShort && message.includes('is too short')))).toEqual([]);
        if (refused.length > 0) continue;
        expect(verifyRewrite(file, after, { ...options, discover })).toEqual([]);
      }
  });
});

describe('what else the host of the target serves', () => {
  it.each([
    ['git.corp.example', 'env: [{name: APP, value: "git.corp.example/x:8080"}]'],
    ['git.corp.example', 'env: [{name: APP, value: "git.corp.example/other/app:1"}]'],
    ['10.1.2.3', 'env: [{name: APP, value: "10.1.2.3/other/app:1"}]'],
    ['registry.svc:5000', 'env: [{name: APP, value: "registry.svc:5000/other/app:1"}]'],
    ['10.1.2.3:5000', 'proxy: 10.1.2.3:5000/x\n    proxyTag: v1'],
  ])('at %s is found in the output no more than in the input: %s', (host, text) => {
    const file = {
      path: 'a.yaml',
      bytes: Buffer.from(`kind: Pod\nspec:\n  containers:\n  - image: quay.io/a/b:1\n    ${text}\n`),
    };
    const found = (prefixes: readonly string[]) =>
      discoverFiles([file], { prefixes }).discovery.uses.map(({ reference }) => reference);
    expect(found([`${host}/che`])).toEqual(found([]));
  });
});
