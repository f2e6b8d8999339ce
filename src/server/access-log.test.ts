import { expect, it } from 'vitest';
import { type AccessEntry, combinedLogLine } from './access-log.ts';

const ENTRY: AccessEntry = {
  at: Date.UTC(2026, 0, 2, 3, 4, 5, 678),
  remote: '10.0.0.1',
  user: 'alice',
  method: 'PUT',
  url: '/v2/a/manifests/1',
  httpVersion: '1.1',
  status: 201,
  received: 7,
  sent: 0,
  ms: 12.6,
  userAgent: 'docker/27',
};

it.each<[string, Partial<AccessEntry>, string]>([
  [
    'a push',
    {},
    '10.0.0.1 - alice [02/Jan/2026:03:04:05 +0000] "PUT /v2/a/manifests/1 HTTP/1.1" 201 0 "-" "docker/27" 7 13\n',
  ],
  [
    'nobody in particular',
    { user: undefined, userAgent: undefined },
    '10.0.0.1 - - [02/Jan/2026:03:04:05 +0000] "PUT /v2/a/manifests/1 HTTP/1.1" 201 0 "-" "-" 7 13\n',
  ],
])('writes down %s', (_name, change, line) => expect(combinedLogLine({ ...ENTRY, ...change })).toBe(line));

it.each<[string, Partial<AccessEntry>]>([
  ['the user agent', { userAgent: 'x" 200 1\n10.0.0.9 - root' }],
  ['the user', { user: 'a b" \u001b[31m' }],
  ['the address', { url: '/v2/"%0a\u0007' }],
])('cannot be deceived by %s', (_name, change) => {
  const line = combinedLogLine({ ...ENTRY, ...change });
  expect(line.slice(0, -1)).not.toMatch(/[\u0000-\u001f]/);
  expect(line.match(/(?<!\\)"/g)).toHaveLength(6);
  expect(line.split('[')[0]?.split(' ')).toHaveLength(4);
});
