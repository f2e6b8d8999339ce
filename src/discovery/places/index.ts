import { egressIn } from '../egress/egress.ts';
import type { PlaceKind } from '../spot.ts';
import { csvAnnotation, relatedImage } from './csv.ts';
import { embeddedText } from './embedded.ts';
import { variable } from './env.ts';
import {
  dockerImageObject,
  dockerUrl,
  imageField,
  imageMap,
  parameterDefault,
  partOfImage,
  patchValue,
} from './fields.ts';
import { repositoryAlone } from './repository.ts';
import { script } from './scripts.ts';
import { shape } from './shapes.ts';
import { containerImage, imageVolume } from './workloads.ts';

/**
 * The kinds of places a scalar may stand at, asked in this order; the first that takes it ends the asking. Position comes before
 * convention, convention before shape; text that holds more text is opened before its own shape is looked at.
 */
export const PLACES: readonly PlaceKind[] = [
  containerImage,
  imageVolume,
  dockerImageObject,
  relatedImage,
  csvAnnotation,
  variable,
  parameterDefault,
  patchValue,
  embeddedText,
  imageField,
  partOfImage,
  imageMap,
  dockerUrl,
  repositoryAlone,
  script,
  shape,
  (spot) => {
    egressIn(spot, spot.facts.key);
    return true;
  },
];
