import { SallyportError } from '../base/index.ts';

export interface NameRule {
  readonly pattern: RegExp;
  /** What a text that does not fit is told. */
  readonly fault: string;
}

/** `metadata.name`: a Kubernetes object name (RFC 1123 label), because the output carries it. */
export const RELOCATION_NAME: NameRule = {
  pattern: /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/,
  fault: 'is not a name: at most 63 lower-case letters, digits and - between them',
};

/** The name of a Secret (RFC 1123 subdomain). */
export const SECRET_NAME: NameRule = {
  pattern: /^(?=.{1,253}$)[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*$/,
  fault: 'is not the name of a secret: lower-case letters, digits, and - or . between them',
};

/** Throws `USAGE` naming the flag. */
export function checkName(text: string, rule: NameRule, flag: string): void {
  if (!rule.pattern.test(text)) throw new SallyportError('USAGE', rule.fault, { subject: `${flag} ${text}` });
}

/** In place of the name of a pull secret: the registry lets nodes pull without. */
export const NO_PULL_SECRET = 'none';
