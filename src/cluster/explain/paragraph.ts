import { causeText } from './causes.ts';
import type { CheckedFinding } from './probe.ts';

/** What, where, why and what mends it, as plain text; the cluster's own words end the third. */
export interface FindingText {
  /** `registry…/che-server:1 is not in the registry`. */
  readonly what: string;
  /** `Pod eclipse-che/che-… (container che, node n1)`. */
  readonly where: string;
  readonly why: string;
  readonly fix: string;
}

export function describeFinding(finding: CheckedFinding): FindingText {
  const { place, evidence, doubt, checked } = finding;
  const text = causeText(finding.cause);
  const details = [
    place.container === undefined ? '' : `container ${place.container}`,
    place.node === undefined ? '' : `node ${place.node}`,
  ].filter((part) => part !== '');
  return {
    what: `${place.image ?? place.object} ${text.what}`,
    where: details.length === 0 ? place.object : `${place.object} (${details.join(', ')})`,
    why: [
      text.why,
      checked === undefined ? undefined : sentence(checked),
      doubt === undefined ? undefined : sentence(`In doubt: ${doubt}`),
      `It says: ${evidence}`,
    ]
      .filter((part) => part !== undefined)
      .join(' '),
    fix: text.fix(place),
  };
}

/** What is to be said beside an explanation when not everything could be looked at; empty when it could. */
export function describeUnread(unread: readonly string[]): string {
  return unread.length === 0
    ? ''
    : `not readable with these rights, so that causes may be missing: ${unread.join(', ')}`;
}

function sentence(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}${text.endsWith('.') ? '' : '.'}`;
}
