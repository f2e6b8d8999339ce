import { describe, expect, it } from 'vitest';
import { Registries } from './registries.ts';
import { referenceAt, shapeOf } from './shape.ts';
import { namesImage, namesImageOf, namesImages, wordsOf } from './words.ts';

describe('names', () => {
  it.each([
    ['sidecarImage', ['sidecar', 'image']],
    ['queue-sidecar-image', ['queue', 'sidecar', 'image']],
    ['RELATED_IMAGE_che_server', ['related', 'image', 'che', 'server']],
    ['CSIDriverImage', ['csi', 'driver', 'image']],
    ['--acme-http01-solver-image', ['acme', 'http01', 'solver', 'image']],
  ])('%s reads as %j', (name, words) => {
    expect(wordsOf(name)).toEqual(words);
  });

  it.each([
    'image',
    'sidecarImage',
    'imageName',
    'image_path',
    'containerImage',
    'docker_image',
    'dockerimage',
    'POSTGRES_IMAGE',
    'must-gather-image',
  ])('%s names an image', (name) => {
    expect(namesImage(name)).toBe(true);
  });

  it.each([
    'imagePullPolicy',
    'imagePullSecrets',
    'imageTag',
    'imageRegistry',
    'IMAGE_VERSION',
    'imageGCHighThresholdPercent',
    'imageId',
    'imageSize',
  ])('%s does not', (name) => {
    expect(namesImage(name)).toBe(false);
  });

  it('knows variables that say image before what it is of', () => {
    expect(namesImageOf('IMAGE_CONTROLLER')).toBe(true);
    expect(namesImageOf('RELATED_IMAGE_che_server')).toBe(true);
    expect(namesImageOf('IMAGE_PULL_POLICY')).toBe(false);
    expect(namesImages('STRIMZI_KAFKA_IMAGES')).toBe(true);
  });
});

describe('shapes', () => {
  it.each([
    'quay.io/eclipse/che-server:7.121.0',
    'registry.k8s.io/pause:3.9',
    'gcr.io/distroless/static@sha256:3f8a1c5e3f8a1c5e3f8a1c5e3f8a1c5e3f8a1c5e3f8a1c5e3f8a1c5e3f8a1c5e',
    'registry.corp.example:5000/a/b/c:1',
    'us-docker.pkg.dev/team/repo/app:v1',
    'team/app:1.0',
    'team/app:latest',
    'team/app@sha256:3f8a1c5e3f8a1c5e3f8a1c5e3f8a1c5e3f8a1c5e3f8a1c5e3f8a1c5e3f8a1c5e',
  ])('%s is a reference by itself', (text) => {
    expect(shapeOf(text, new Registries([]))).toBe('strong');
  });

  it.each(['example/page:1', 'team/app:build', 'quay.io/example/no-tag', 'corp.example/app:1'])(
    '%s could be one',
    (text) => {
      expect(shapeOf(text, new Registries([]))).toBe('weak');
    },
  );

  it.each([
    'https://quay.io/example/x:v1',
    '/etc/ssl/certs:ro',
    './cmd/server:latest',
    'application/json',
    'app.kubernetes.io/name:x',
    'kubernetes.io/os:linux',
    'queue.svc:5672/path:x',
    'github.com/example/project:v1',
    '10.0.0.0/8',
    '1/2:3',
    'cache:6379',
    'docs.example.com/guide.html:1',
    'a b/c:d',
    '*/untrusted:*',
  ])('%s is none', (text) => {
    expect(shapeOf(text, new Registries([]))).toBe('none');
  });
});

describe('a text where an image is named', () => {
  it.each([
    ['quay.io/a/a:0.key', true],
    ['app:1.2.tar', true],
    ['quay.io/a/site.io:1', true],
    ['config/app.yaml', false],
    ['app.yaml:12', false],
    ['certs/tls.key', false],
    ['Always', false],
    ['1.2.3-rc1', false],
  ])('%s: %s', (text, named) => {
    expect(referenceAt(text) !== undefined).toBe(named);
  });
});
