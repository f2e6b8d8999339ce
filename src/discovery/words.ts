/** The words of a key, variable or flag in lower case: `sidecarImage`, `queue-sidecar-image`, `RELATED_IMAGE_x`, `image_path`. */
export function wordsOf(name: string): string[] {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/([A-Z]+)([A-Z][a-z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '');
}

/** Words behind `image` that keep it an image: `imageName`, `image_path`. */
const KEEPING = new Set([
  'name',
  'ref',
  'reference',
  'url',
  'uri',
  'path',
  'override',
  'spec',
  'default',
  'fullname',
  'full',
  'value',
  'address',
  'location',
  'amd64',
  'arm64',
  'ppc64le',
  's390x',
  'k8s',
  'kubernetes',
  'openshift',
  'ocp',
  'upstream',
  'custom',
  'source',
  'v1',
  'v2',
  'v3',
]);

/** Words that say that not an image but something about images is meant: `imagePullPolicy`, `imageTag`, `imageRegistry`. */
const TURNING = new Set([
  'pull',
  'policy',
  'secret',
  'secrets',
  'tag',
  'tags',
  'version',
  'digest',
  'sha',
  'hash',
  'registry',
  'repository',
  'repo',
  'prefix',
  'suffix',
  'size',
  'type',
  'format',
  'id',
  'gc',
  'stream',
  'streams',
  'mirror',
  'mirrors',
  'config',
  'set',
  'sets',
  'enabled',
  'enable',
  'disabled',
  'disable',
  'credentials',
  'auth',
  'selector',
  'count',
  'limit',
  'timeout',
  'interval',
  'threshold',
  'percent',
  'namespace',
  'host',
  'port',
  'puller',
  'list',
  'builder',
  'service',
  'org',
  'organization',
  'organisation',
  'user',
  'password',
  'insecure',
  'class',
  'feature',
  'features',

  'signature',
  'verification',
  'key',
  'lookup',
  'icon',
  'logo',
  'data',
  'mediatype',
  'dir',
  'directory',
  'filter',
  'regex',
  'pattern',
  'arch',
  'architecture',
  'platform',
  'cleanup',
  'scan',
  'update',
  'updater',
  'import',
  'family',
  'project',
  'pullpolicy',
  'pullsecret',
  'pullsecrets',
]);

/** Whether a name has a word for image in it at all; cheap, and asked first. */
export function saysImage(name: string): boolean {
  return /ima?g/i.test(name);
}

/** True when a key, variable or flag says that its value names one image. */
export function namesImage(name: string): boolean {
  const words = wordsOf(name);
  let at = -1;
  for (const [index, word] of words.entries())
    if (word === 'image' || word === 'img' || (word.endsWith('image') && word.length > 5)) at = index;
  if (at === -1) return false;
  const behind = words.slice(at + 1);
  // OpenShift's word for a reference: `imagePullSpec`
  if (behind.join(' ') === 'pull spec') return true;
  return behind.every((word) => KEEPING.has(word) || /^\d+$/.test(word));
}

/** `RELATED_IMAGE_che_server`, `IMAGE_CONTROLLER`, `DRIVER_IMAGE-580`: `image` stands before what it is the image of. */
export function namesImageOf(name: string): boolean {
  const words = wordsOf(name);
  const at = words.indexOf('image');
  return at !== -1 && at < words.length - 1 && !words.slice(at + 1).some((word) => TURNING.has(word));
}

/** `RELATED_IMAGE_*` is a promise of OLM, whatever follows. */
export function isRelatedImage(name: string): boolean {
  return name.startsWith('RELATED_IMAGE_');
}

/** A plural: the value is a list or a map of images. */
export function namesImages(name: string): boolean {
  const words = wordsOf(name);
  const last = words.at(-1);
  return last === 'images' || last === 'imgs';
}
