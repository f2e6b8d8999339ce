import { type KeyRole, roleOf } from './roles.ts';
import { namesImage, namesImageOf, namesImages, saysImage } from './words.ts';

/** What the name of a key, variable or flag says; worked out once per name. */
export interface KeyFacts {
  readonly key: string;
  /** Has a word for image in it. */
  readonly about: boolean;
  /** The value names one image. */
  readonly image: boolean;
  /** `IMAGE_CONTROLLER`: the name ends with what it is the image of. */
  readonly imageOf: boolean;
  /** `BUILDER_CONTAINER`: the value may be the image of one. */
  readonly container: boolean;
  /** The value is a list or a map of images. */
  readonly images: boolean;
  /** What piece of a reference the value may be. */
  readonly role: KeyRole | undefined;
  /** Nothing below it names an image that is pulled. */
  readonly silent: boolean;
  /** The value is a name, a link or about images, whatever it looks like: shape alone says nothing. */
  readonly shapeless: boolean;
  /** The value is the words of a command line. */
  readonly words: boolean;
  /** What is below are variables: `env`, `envVars`, `proxyEnv`. */
  readonly env: boolean;
  /** What is below is for people, or about the object. */
  readonly forPeople: boolean;
}

/** Parts of an object in which nothing names an image that is pulled. `_example`: Knative's documentation inside of ConfigMaps, guarded by a checksum. */
const SILENT = new Set([
  '$ref',
  '_example',
  'apiGroups',
  'caBundle',
  'description',
  'displayName',
  'finalizers',
  'icon',
  'iconData',
  'keywords',
  'labels',
  'maintainers',
  'managedFields',
  'matchExpressions',
  'matchLabels',
  'message',
  'nodeSelector',
  'ownerReferences',
  'rules',
  'selector',
  'title',
  'tls.crt',
  'tls.key',
  'topologyKey',
]);

/** Annotations under this name hold the references as they were before rewriting, for people; nothing pulls them. */
export const ORIGINAL_IMAGE = 'sallyport.dev/original-image';

/** Keys whose text is a link, an address or a name, whatever it looks like. */
const NAMES = new Set(
  (
    'name kind apiversion schedule path mountpath subpath hostpath host hosts endpoint endpoints address addresses topic channel ' +
    'source repository repo namespace key group cluster job workspace branch revision ref commandline expr query uid id type marker ' +
    'serviceaccount serviceaccountname clusterip scheme'
  ).split(' '),
);

/** Keys that hold the words of a command line. */
const WORDS = new Set([
  'additionalArgs',
  'args',
  'arguments',
  'cmd',
  'command',
  'commandLine',
  'defaultArgs',
  'entrypoint',
  'extraArgs',
]);

const FOR_PEOPLE = new Set(['annotations', 'labels', 'links', 'maintainers']);

/** `imageRegistry`, `imagePullPolicy`, `imageVersion`: about images, none themselves. */
const ABOUT_IMAGES = /(?:registry|repository|repo|policy|secret|tag|version|prefix)s?$/i;

/** The facts of every key asked for, kept as long as one discovery runs: the same few keys come again and again. */
export class KeyBook {
  readonly #known = new Map<string, KeyFacts>();

  of(key: string): KeyFacts {
    let facts = this.#known.get(key);
    if (facts === undefined) {
      facts = factsOf(key);
      this.#known.set(key, facts);
    }
    return facts;
  }
}

function factsOf(key: string): KeyFacts {
  const about = saysImage(key);
  const image = about && namesImage(key);
  return {
    key,
    about,
    image,
    imageOf: about && namesImageOf(key),
    container: /container$/i.test(key),
    images: about && namesImages(key),
    role: roleOf(key),
    silent: SILENT.has(key) || key.startsWith(ORIGINAL_IMAGE),
    shapeless: NAMES.has(key.toLowerCase()) || (about && !image && ABOUT_IMAGES.test(key)),
    words: WORDS.has(key),
    env: /env/i.test(key),
    forPeople: FOR_PEOPLE.has(key),
  };
}
