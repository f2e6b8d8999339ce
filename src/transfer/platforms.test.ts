import { describe, expect, it } from 'vitest';
import { imageOf, indexOf } from '../../test/support/images.ts';
import { formatPlatform, type IndexView, parsePlatform } from '../oci/index.ts';
import { choosePlatforms } from './platforms.ts';

const image = (text: string) => imageOf({ seed: text, platform: parsePlatform(text) });
const [amd64, arm64, s390x] = [image('linux/amd64'), image('linux/arm64'), image('linux/s390x')];

function attestationOf(about: ReturnType<typeof image>) {
  return {
    ...imageOf({ seed: `attestation ${about.manifest.descriptor.digest}` }),
    platform: { os: 'unknown', architecture: 'unknown' },
    annotations: { 'vnd.docker.reference.digest': about.manifest.descriptor.digest },
  };
}

const anywhere = imageOf({ seed: 'no platform' });

function viewOf(...children: Parameters<typeof indexOf>[0]): IndexView {
  const { view } = indexOf(children);
  if (view.kind !== 'index') throw new Error('no index');
  return view;
}

describe('choosePlatforms', () => {
  const [ofAmd, ofArm] = [attestationOf(amd64), attestationOf(arm64)];
  const view = viewOf(amd64, arm64, ofAmd, ofArm, anywhere);

  it.each([
    [[], [amd64, arm64, ofAmd, ofArm, anywhere], []],
    [['linux/amd64'], [amd64, ofAmd, anywhere], []],
    [['linux/arm64/v8'], [arm64, ofArm, anywhere], []],
    [['linux/amd64', 'linux/s390x'], [amd64, ofAmd, anywhere], ['linux/s390x']],
    [['linux/amd64', 'linux/arm64'], [amd64, arm64, ofAmd, ofArm, anywhere], []],
  ])('%j', (wanted, taken, missing) => {
    const choice = choosePlatforms(view, wanted.map(parsePlatform), 'x');
    expect(choice.taken.map(({ digest }) => digest)).toEqual(
      taken.map(({ manifest }) => manifest.descriptor.digest),
    );
    expect(choice.missing.map(formatPlatform)).toEqual(missing);
    expect(choice.left).toHaveLength(view.manifests.length - taken.length);
  });

  it('says what there is when nothing fits', () => {
    expect(() =>
      choosePlatforms(viewOf(amd64, s390x), [parsePlatform('linux/ppc64le')], 'quay.io/a/b:1'),
    ).toThrow(
      expect.objectContaining({
        code: 'PLATFORM_MISSING',
        subject: 'quay.io/a/b:1',
        message: expect.stringContaining('it has linux/amd64, linux/s390x'),
      }),
    );
  });

  it('takes what names no platform: it may be for all', () => {
    expect(choosePlatforms(viewOf(anywhere), [parsePlatform('linux/ppc64le')], 'x').taken).toHaveLength(1);
  });
});
