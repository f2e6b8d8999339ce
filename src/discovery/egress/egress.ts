import type { Spot } from '../spot.ts';
import { lineBefore } from '../values.ts';
import { ANY_HOST, FROM_SCRIPT, isForPeople, isPublicHost, KNOWN_HOSTS } from './hosts.ts';

const URL_TEXT = /https?:\/\/([A-Za-z0-9.-]+\.[A-Za-z]{2,})(?::\d+)?(?:[/?#][^\s"'<>`\\)\]},;]*)?/g;

/** Texts longer than this, or with more words beside the addresses than a list has, are prose or scripts: those mention addresses. */
const LONGEST_VALUE = 300;

/** Commands of scripts that ask the host of the address behind them. */
const DOWNLOADS =
  /(?:^|[\s;&|(`$])(?:curl|wget|git\s+clone|git\s+fetch|helm\s+repo\s+add|kubectl\s+(?:apply|create)|oc\s+(?:apply|create)|pip3?\s+install|npm\s+(?:install|i)|go\s+install)\s[^\n;|&]*?$/;

/**
 * URLs of other hosts that something will ask: values of variables, arguments and fields, and what scripts download; not links for
 * people. `key` is the key or the variable that holds the text.
 */
export function egressIn(spot: Spot, key: string): void {
  const { place, scalar } = spot;
  const { value } = scalar;
  if (!value.includes('://') || place.crdDefault || place.forPeople || isForPeople(key)) return;
  // who offers an operator, for the catalogue's page
  if (place.owner.kind === 'ClusterServiceVersion' && place.keyAbove === 'provider') return;
  const prose = isProse(value.trim());
  for (const match of value.matchAll(URL_TEXT)) {
    const host = (match[1] ?? '').toLowerCase();
    if (!isPublicHost(host)) continue;
    if (prose && !DOWNLOADS.test(lineBefore(value, match.index) ?? '')) continue;
    const known = KNOWN_HOSTS.find((row) => row.host.test(host))?.reason;
    const reason = known ?? (prose ? FROM_SCRIPT : ANY_HOST);
    spot.search.collector.remote(match[0].replace(/[.,]$/, ''), host, place, scalar, match.index, reason);
  }
}

function isProse(text: string): boolean {
  return text.length > LONGEST_VALUE || /\s\S+\s+\S/.test(text.replace(/https?:\/\/\S+/g, ''));
}
