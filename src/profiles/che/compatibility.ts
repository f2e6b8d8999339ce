import semver from 'semver';
import { compiledAgainst } from './pairs.ts';

/** Versions that somebody wants to run together; `released` is the operator that this Che was released with, when known. */
export interface VersionPair {
  readonly che: string;
  readonly dwo: string;
  readonly released: string | undefined;
}

interface Rule {
  readonly applies: (pair: VersionPair) => boolean;
  readonly effect: 'refuse' | 'note';
  readonly reason: (pair: VersionPair) => string;
  readonly source: string;
}

/** How many minors below its own operator a Che newer than the table may go: its go.mod lags one minor behind at release time. */
const LAG = 1;

/** The oldest operator that is known or expected to have the API that this Che is compiled against. */
function oldest({ che, released }: VersionPair): string | undefined {
  const known = compiledAgainst(che);
  if (known !== undefined || released === undefined) return known;
  return `${semver.major(released)}.${Math.max(0, semver.minor(released) - LAG)}.0`;
}

const isOlder = (pair: VersionPair): boolean => {
  const limit = oldest(pair);
  return limit !== undefined && semver.lt(pair.dwo, limit);
};

/** What is known about Che and the DevWorkspace Operator together. Read on 2026-11-23. */
const RULES: readonly Rule[] = [
  {
    applies: isOlder,
    effect: 'refuse',
    reason: ({ che, dwo, released }) =>
      `Eclipse Che ${che} is compiled against the API of a newer DevWorkspace Operator than ${dwo}${released === undefined ? '' : `; it was released with ${released}`}`,
    source: 'eclipse-che/che-operator, go.mod of each release',
  },
  {
    applies: ({ dwo, released }) => released !== undefined && semver.major(dwo) !== semver.major(released),
    effect: 'refuse',
    reason: ({ che, dwo, released }) =>
      `Eclipse Che ${che} was released with the DevWorkspace Operator ${released}, and ${dwo} is of another major version`,
    source: 'semver.org, rule 8',
  },
  {
    applies: (pair) => pair.released !== undefined && semver.lt(pair.dwo, pair.released) && !isOlder(pair),
    effect: 'note',
    reason: ({ che, dwo, released }) =>
      `Eclipse Che ${che} was released with the DevWorkspace Operator ${released}; ${dwo} is older, has the API it needs, and was not tried with it`,
    source: 'che-incubator/chectl, package.json of the release branches',
  },
  {
    applies: ({ dwo, released }) => released !== undefined && semver.gt(dwo, released),
    effect: 'note',
    reason: ({ che, dwo, released }) =>
      `Eclipse Che ${che} was released with the DevWorkspace Operator ${released}; ${dwo} is newer and was not tried with it`,
    source: 'che-incubator/chectl, package.json of the release branches',
  },
  {
    applies: ({ dwo }) => semver.lt(dwo, '0.32.0'),
    effect: 'note',
    reason: ({ dwo }) =>
      `the CRDs of the DevWorkspace Operator ${dwo} carry a placeholder for caBundle; Kubernetes 1.31 and newer refuse to apply them a second time`,
    source:
      'devfile/devworkspace-operator#1327, fixed in v0.32.0 (a285d3bd); seen in every manifest up to v0.31.2',
  },
  {
    applies: ({ che, dwo }) => semver.gte(che, '7.114.0') && semver.lt(dwo, '0.39.0'),
    effect: 'note',
    reason: ({ dwo }) => `the DevWorkspace Operator ${dwo} cannot back workspaces up; 0.39.0 and newer can`,
    source: 'devfile/devworkspace-operator v0.39.0, RELATED_IMAGE_project_backup',
  },
];

/** Why the pair is refused, and what to know about it otherwise. */
export function judgePair(pair: VersionPair): {
  readonly refusals: readonly string[];
  readonly notes: readonly string[];
} {
  const said = RULES.filter((rule) => rule.applies(pair)).map((rule) => ({
    effect: rule.effect,
    text: rule.reason(pair),
  }));
  return {
    refusals: said.filter(({ effect }) => effect === 'refuse').map(({ text }) => text),
    notes: said.filter(({ effect }) => effect === 'note').map(({ text }) => text),
  };
}
