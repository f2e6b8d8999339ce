import type { Confidence, How } from './types.ts';

/** A kind of place that names images. The reason is shown to users; the source says why the rule is right. */
export interface Rule {
  readonly how: How;
  readonly confidence: Confidence;
  readonly reason: string;
  readonly source: string;
}

export const RULES = {
  container: {
    how: 'field',
    confidence: 'certain',
    reason: 'a container of a pod runs this image',
    source: 'Kubernetes API, Container.image; devfile 2.x, components[].container.image',
  },
  imageVolume: {
    how: 'field',
    confidence: 'certain',
    reason: 'an image volume mounts this image',
    source: 'Kubernetes API, ImageVolumeSource.reference (KEP-4639)',
  },
  dockerImageObject: {
    how: 'field',
    confidence: 'certain',
    reason: 'an object reference of kind DockerImage names this image',
    source: 'OpenShift API, ImageStream spec.tags[].from, BuildConfig strategy.from',
  },
  fullImageField: {
    how: 'field',
    confidence: 'certain',
    reason: 'a field named for an image holds a full reference',
    source: 'convention of custom resources: image, imageName, sidecarImage, image_path',
  },
  imageField: {
    how: 'field',
    confidence: 'likely',
    reason: 'the name of the field says that it names an image',
    source: 'convention of custom resources: image, imageName, sidecarImage, image_path',
  },
  bareImageField: {
    how: 'field',
    confidence: 'possible',
    reason: 'the field names images, but a word alone may be half of one',
    source: 'charts that keep the registry and the tag elsewhere',
  },
  dockerUrl: {
    how: 'field',
    confidence: 'likely',
    reason: 'docker:// is the address of an image',
    source: 'containers/image transports, KubeVirt DataVolume source.registry.url',
  },
  imageMap: {
    how: 'field',
    confidence: 'likely',
    reason: 'everything below a field called images is one',
    source: 'convention of custom resources: images: {gateway: …}',
  },
  parameterDefault: {
    how: 'field',
    confidence: 'likely',
    reason: 'a parameter named like an image has this default',
    source: 'Tekton TaskSpec.params, Argo Workflows parameters, OpenShift templates',
  },
  patchValue: {
    how: 'field',
    confidence: 'likely',
    reason: 'a patch operation puts it into a field image',
    source: 'JSON Patch (RFC 6902): path and value',
  },
  split: {
    how: 'split',
    confidence: 'likely',
    reason: 'the fields beside each other make up one reference',
    source: 'convention: registry, repository, name, tag, digest, version as siblings',
  },
  wholeRepository: {
    how: 'field',
    confidence: 'likely',
    reason: 'the field for the repository holds a full reference',
    source: 'Splunk operator chart, image.repository',
  },
  sharedSplit: {
    how: 'split',
    confidence: 'likely',
    reason: 'the fields here and the registry or tag around them make up one reference',
    source:
      'convention: Istio global.hub and tag, NVIDIA NicClusterPolicy global, Chaos Mesh images, Falco registry.name, Strimzi defaultImage*, StackRox image.registry',
  },
  splitVariables: {
    how: 'split',
    confidence: 'likely',
    reason: 'variables of the same container make up one reference',
    source: 'MongoDB operators: X_IMAGE_REPOSITORY and X_VERSION; convention X_IMAGE and X_TAG',
  },
  commonVariables: {
    how: 'split',
    confidence: 'likely',
    reason: 'variables of the same container make up one reference, some of them said for all',
    source: 'Konveyor: REGISTRY, PROJECT, X_REPO, X_TAG; KubeVirt CDI: DOCKER_REPO, DOCKER_TAG, X_IMAGE',
  },
  kustomizeImage: {
    how: 'split',
    confidence: 'likely',
    reason: 'kustomize puts this name and tag into the manifests',
    source: 'kustomize kustomization.yaml, images',
  },
  envName: {
    how: 'env',
    confidence: 'likely',
    reason: 'the name of the variable says that it names an image',
    source: 'OLM convention RELATED_IMAGE_*, and *_IMAGE everywhere',
  },
  envShape: {
    how: 'env',
    confidence: 'likely',
    reason: 'the value of the variable is a full reference',
    source: 'a host with a path and a tag or digest is hardly anything else',
  },
  argumentName: {
    how: 'arg',
    confidence: 'likely',
    reason: 'the name of the argument says that it names an image',
    source: 'convention --…-image=REF, as cert-manager --acme-http01-solver-image',
  },
  argumentShape: {
    how: 'arg',
    confidence: 'likely',
    reason: 'the argument is a full reference',
    source: 'a host with a path and a tag or digest is hardly anything else',
  },
  scriptCommand: {
    how: 'arg',
    confidence: 'likely',
    reason: 'a command in this script pulls it',
    source: 'docker run, podman pull, oc import-image --from',
  },
  scriptVariable: {
    how: 'arg',
    confidence: 'likely',
    reason: 'a variable of this script names it',
    source: 'convention X_IMAGE=REF',
  },
  listLine: {
    how: 'list',
    confidence: 'likely',
    reason: 'one of several images in a list',
    source: 'Strimzi STRIMZI_KAFKA_IMAGES, Che imagePuller.spec.images',
  },
  embeddedField: {
    how: 'embedded',
    confidence: 'likely',
    reason: 'a field of JSON or YAML text inside this value names it',
    source: 'ConfigMap data, alm-examples, default components in variables',
  },
  csvRelated: {
    how: 'csv',
    confidence: 'certain',
    reason: 'the ClusterServiceVersion lists it as a related image',
    source: 'OLM ClusterServiceVersion spec.relatedImages',
  },
  csvAnnotation: {
    how: 'csv',
    confidence: 'likely',
    reason: 'an annotation of the ClusterServiceVersion names it',
    source: 'OLM annotations containerImage and *-image',
  },
  crdDefault: {
    how: 'crd-default',
    confidence: 'likely',
    reason: 'the schema makes it the default of a field',
    source: 'Kubernetes structural schemas: default is the only part that becomes data',
  },
  shape: {
    how: 'shape',
    confidence: 'likely',
    reason: 'the text is a full reference: a host, a path, and a tag or digest',
    source: 'a host with a path and a tag or digest is hardly anything else',
  },
  weakShape: {
    how: 'shape',
    confidence: 'possible',
    reason: 'the text could be a reference, only its shape speaks for it',
    source: 'asked for with --min-confidence possible, settled with --confirm',
  },
} as const satisfies Readonly<Record<string, Rule>>;
