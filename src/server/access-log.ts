import { printable, redactUrl } from '../base/index.ts';

/** One request that has ended. */
export interface AccessEntry {
  /** When it began, milliseconds since the epoch. */
  readonly at: number;
  readonly remote: string;
  readonly user: string | undefined;
  readonly method: string;
  /** Path and query as sent. */
  readonly url: string;
  /** `1.1` */
  readonly httpVersion: string;
  /** 499 when the client went away first. */
  readonly status: number;
  /** Bytes of the bodies. */
  readonly received: number;
  readonly sent: number;
  readonly ms: number;
  readonly userAgent: string | undefined;
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/**
 * A line of the Combined Log Format, which web log tools read (https://httpd.apache.org/docs/current/logs.html#combined), with the
 * bytes of the request's body and the milliseconds behind it. Secrets in the query are blanked, and nobody can forge a line.
 */
export function combinedLogLine(entry: AccessEntry): string {
  const at = new Date(entry.at).toISOString();
  const date = `${at.slice(8, 10)}/${MONTHS[Number(at.slice(5, 7)) - 1] ?? ''}/${at.slice(0, 4)}:${at.slice(11, 19)} +0000`;
  const user = entry.user === undefined ? '-' : encodeURIComponent(entry.user);
  const request = `${entry.method} ${withoutSecrets(entry.url)} HTTP/${entry.httpVersion}`;
  return `${entry.remote} - ${user} [${date}] "${quoted(request)}" ${entry.status} ${entry.sent} "-" "${quoted(entry.userAgent ?? '-')}" ${entry.received} ${Math.round(entry.ms)}\n`;
}

function withoutSecrets(url: string): string {
  const base = 'http://registry.invalid';
  return URL.canParse(url, base) ? redactUrl(new URL(url, base).href).slice(base.length) : url;
}

function quoted(text: string): string {
  return printable(text.replace(/\s/g, ' ')).replace(/["\\]/g, '\\$&');
}
