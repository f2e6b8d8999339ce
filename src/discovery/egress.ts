import type { ScalarNode } from '../yaml/index.ts';
import type { Collector, Place } from './context.ts';

/** Addresses that a closed network misses, known by name: why it hurts. */
const KNOWN: readonly { readonly host: RegExp; readonly reason: string }[] = [
  { host: /^registry\.devfile\.io$/, reason: 'the dashboard reads sample devfiles there' },
  { host: /^open-vsx\.org$/, reason: 'editors install extensions from there' },
  {
    host: /^(?:raw\.githubusercontent\.com|github\.com|objects\.githubusercontent\.com)$/,
    reason: 'files are read from GitHub at run time',
  },
  {
    host: /^(?:download\.jetbrains\.com|.*\.jetbrains\.com)$/,
    reason: 'JetBrains editors are downloaded from there',
  },
  { host: /^charts\./, reason: 'Helm charts are read there' },
  { host: /^(?:hub|registry-1|auth)\.docker\.(?:com|io)$/, reason: 'Docker Hub is asked at run time' },
];

const GENERIC = 'a component is configured to ask this host';

/** Keys whose links are for people. */
const FOR_PEOPLE =
  /^(?:(?:doc|docs|documentation|homepage|home|website|support|supporturl|repository|repo|icon|iconurl|logo|license|licence|readme|changelog|schema|\$schema|\$id|\$ref|externaldocs|description|message|headermessage|title|email|maintainers?|links?|sources?|reference|bugs|issues|annotations|namespaceuri|see|projecturl|url\.docs|logourl|displayname)|.*(?:doc|docs|documentation|help|license|homepage)(?:url|link|uri)?)$/i;

/** Hosts that are not elsewhere, or not real. */
const NOT_ELSEWHERE =
  /^(?:localhost|.*\.(?:svc|local|localhost|internal|invalid|test|example)|.*\.svc\..*|(?:.*\.)?example\.(?:com|org|net)|\d{1,3}(?:\.\d{1,3}){3}|\[.*\]|schemas?\..*|(?:.*\.)?w3\.org|json-schema\.org|(?:www\.)?apache\.org|kubernetes\.io|(?:.*\.)?k8s\.io|spdx\.org)$/i;

const URL_TEXT = /https?:\/\/([A-Za-z0-9.-]+\.[A-Za-z]{2,})(?::\d+)?(?:[/?#][^\s"'<>`\\)\]},;]*)?/g;

/** Kinds whose URLs are read by people or describe a schema. */
const SILENT_KINDS = new Set(['CustomResourceDefinition']);

/** URLs of other hosts that something will ask: values of variables, arguments and fields, not links for people. */
export function egressIn(collector: Collector, place: Place, key: string, scalar: ScalarNode): void {
  const { value } = scalar;
  if (!value.includes('://') || SILENT_KINDS.has(place.owner.kind) || place.crdDefault) return;
  if (
    FOR_PEOPLE.test(key) ||
    place.keys.some(
      (one) => one === 'annotations' || one === 'labels' || one === 'links' || one === 'maintainers',
    )
  )
    return;
  // Running text and scripts mention many addresses; a value that is one address, or a list of them, means it.
  const trimmed = value.trim();
  const prose = trimmed.length > 300 || /\s\S+\s+\S/.test(trimmed.replace(/https?:\/\/\S+/g, ''));
  if (prose) return;
  for (const match of value.matchAll(URL_TEXT)) {
    const host = (match[1] ?? '').toLowerCase();
    if (NOT_ELSEWHERE.test(host)) continue;
    const url = match[0].replace(/[.,]$/, '');
    collector.remote(
      url,
      host,
      place,
      scalar,
      match.index,
      KNOWN.find((known) => known.host.test(host))?.reason ?? GENERIC,
    );
  }
}
