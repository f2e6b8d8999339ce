import type { Spot } from '../spot.ts';
import { ANY_HOST, isForPeople, KNOWN_HOSTS, NOT_ELSEWHERE } from './hosts.ts';

const URL_TEXT = /https?:\/\/([A-Za-z0-9.-]+\.[A-Za-z]{2,})(?::\d+)?(?:[/?#][^\s"'<>`\\)\]},;]*)?/g;

/** Texts longer than this, or with more words beside the addresses than a list has, are prose or scripts: those mention addresses. */
const LONGEST_VALUE = 300;

/**
 * URLs of other hosts that something will ask: values of variables, arguments and fields, not links for people. `key` is the key or
 * the variable that holds the text.
 */
export function egressIn(spot: Spot, key: string): void {
  const { place, scalar } = spot;
  const { value } = scalar;
  if (!value.includes('://') || place.crdDefault || place.forPeople || isForPeople(key)) return;
  const text = value.trim();
  if (text.length > LONGEST_VALUE || /\s\S+\s+\S/.test(text.replace(/https?:\/\/\S+/g, ''))) return;
  for (const match of value.matchAll(URL_TEXT)) {
    const host = (match[1] ?? '').toLowerCase();
    if (NOT_ELSEWHERE.some((pattern) => pattern.test(host))) continue;
    const reason = KNOWN_HOSTS.find((known) => known.host.test(host))?.reason ?? ANY_HOST;
    spot.search.collector.remote(match[0].replace(/[.,]$/, ''), host, place, scalar, match.index, reason);
  }
}
