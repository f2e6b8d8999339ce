import { describe, expect, it } from 'vitest';
import { deployment, findings, look } from '../../../test/support/discovery.ts';

const args = (...words: string[]) => deployment(`args: ${JSON.stringify(words)}`);

describe('arguments', () => {
  it.each([
    [['--solver-image=quay.io/a/b:1'], ['arg likely quay.io/a/b:1']],
    [['--solver-image', 'quay.io/a/b:1'], ['arg likely quay.io/a/b:1']],
    [['-image', 'a/b:1'], ['arg likely a/b:1']],
    [
      ['-sidecar-image=a/b@sha256:3f8a1c5e3f8a1c5e3f8a1c5e3f8a1c5e3f8a1c5e3f8a1c5e3f8a1c5e3f8a1c5e'],
      ['arg likely a/b@sha256:3f8a1c5e3f8a1c5e3f8a1c5e3f8a1c5e3f8a1c5e3f8a1c5e3f8a1c5e3f8a1c5e'],
    ],
    [['--image="quay.io/a/b:1"'], ['arg likely quay.io/a/b:1']],
    [['--config-reloader=quay.io/a/b:1'], ['arg likely quay.io/a/b:1']],
    [
      ['--images=a=quay.io/a/a:1,b=quay.io/a/b:1'],
      ['list likely quay.io/a/a:1', 'list likely quay.io/a/b:1'],
    ],
    [['WORKER_IMAGE=a/b:1'], ['arg likely a/b:1']],
    [['quay.io/a/b:1'], ['arg likely quay.io/a/b:1']],
    [['-c', 'exec operator --worker-image=quay.io/a/b:1 --v=2'], ['arg likely quay.io/a/b:1']],
    [['-c', 'exec operator --worker-image quay.io/a/b:1'], ['arg likely quay.io/a/b:1']],
    [['-c', 'docker run --rm -v /a:/b \\\n  quay.io/a/b:1 sh'], ['arg likely quay.io/a/b:1']],
    [['-c', 'oc import-image x --from=quay.io/a/b:1'], ['arg likely quay.io/a/b:1']],
    [['-c', 'WORKER_IMAGE=quay.io/a/b:1 exec operator'], ['arg likely quay.io/a/b:1']],
  ])('%j', (words, expected) => {
    expect(findings(args(...words))).toEqual(expected);
  });

  it.each([
    ['--metrics-addr=0.0.0.0:8443'],
    ['--server=api.corp.example:6443/path'],
    ['--config=/etc/app/config.yaml:ro'],
    ['--image-pull-policy=Always'],
    ['--image', '--verbose'],
    ['--image-dir=/var/lib/images'],
    ['-c', '# docker pull quay.io/a/b:1'],
    ['-c', 'echo see quay.io/a/b:1 for more'],
    ['-c', 'IMAGE=${IMAGE:-quay.io/a/b:1} exec operator'],
  ])('nothing in %j %j', (...words) => {
    expect(look(args(...words))).toMatchObject({ uses: [], unresolved: [] });
  });

  it('cannot know templates behind flags for images', () => {
    const found = look(args('--worker-image=$(WORKER)', '--other-image', '$(OTHER)', '--level=$(LEVEL)'));
    expect(found.uses).toEqual([]);
    expect(found.unresolved.map(({ text }) => text)).toEqual(['$(WORKER)', '$(OTHER)']);
  });

  it('covers only the reference', () => {
    const text = args('--worker-image=quay.io/a/b:1');
    const [use] = look(text).uses;
    expect(
      Buffer.from(text)
        .subarray(...(use?.range ?? [0, 0]))
        .toString(),
    ).toBe('quay.io/a/b:1');
    expect(use?.path).toBe('spec.template.spec.containers[0].args[0]');
  });
});
