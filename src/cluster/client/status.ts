import { isFields } from '../../base/index.ts';
/** What the API server says about a failure (meta/v1 Status). */
export interface Status {
  readonly code: number;
  readonly reason: string;
  readonly message: string;
  readonly causes: readonly StatusCause[];
}

export interface StatusCause {
  readonly reason: string;
  readonly message: string;
  readonly field: string;
}

/** Reads a failed answer; what is no Status (a proxy's page) becomes one with the text as message. */
export function readStatus(code: number, body: Buffer): Status {
  const text = body.toString('utf8');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  if (!isFields(value) || value['kind'] !== 'Status')
    return { code, reason: '', message: text.slice(0, 500).trim(), causes: [] };
  return statusOf(value, code);
}

export function statusOf(value: Readonly<Record<string, unknown>>, code = 0): Status {
  const details = isFields(value['details']) ? value['details'] : {};
  const causes = Array.isArray(details['causes']) ? (details['causes'] as unknown[]) : [];
  return {
    code: typeof value['code'] === 'number' ? value['code'] : code,
    reason: textOf(value['reason']),
    message: textOf(value['message']),
    causes: causes.filter(isFields).map((cause) => ({
      reason: textOf(cause['reason']),
      message: textOf(cause['message']),
      field: textOf(cause['field']),
    })),
  };
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
