import { describe, expect, it } from 'vitest';
import { transportFailure } from './failures.ts';

describe('a failed connection', () => {
  it.each([
    ['ENOTFOUND', 'the name is not known to DNS', /^Check how the name is written, and DNS/, false],
    ['EAI_AGAIN', 'DNS did not answer', /^Check how the name is written, and DNS/, true],
    ['ECONNREFUSED', 'nothing listens there', /without TLS needs --registry HOST,plainHttp/, true],
  ])('says what to do about %s', (code, message, hint, transient) => {
    const error = Object.assign(new Error('x'), { code });
    expect(transportFailure(error, 'r.example', 'dial')).toMatchObject({
      code: 'CONNECTION_FAILED',
      subject: 'r.example',
      message: expect.stringContaining(message),
      hint: expect.stringMatching(hint),
      facts: { reason: code, transient },
    });
  });
});
