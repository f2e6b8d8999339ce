import type { FlagParametersForType } from '@stricli/core';
import { parseBytes, parseDuration } from '../../base/index.ts';
import type { CliContext } from '../context.ts';
import { defaultTextFlag, switchFlag, textFlag, textsFlag } from '../flags.ts';

/** How a registry is offered to clients, whatever it serves. */
export interface ServeFlags {
  readonly listen: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly tlsGenerate: boolean;
  readonly tlsName?: readonly string[];
  readonly htpasswd?: string;
  readonly auth?: 'basic' | 'token';
  readonly allow?: readonly string[];
  readonly anonymousRead: boolean;
  readonly accessLog?: string;
  readonly requestTimeout?: number;
  readonly idleTimeout?: number;
  readonly grace: number;
}

export const optionalSize = (brief: string) =>
  ({ kind: 'parsed', parse: parseBytes, optional: true, placeholder: 'SIZE', brief }) as const;

export const optionalTime = (brief: string) =>
  ({ kind: 'parsed', parse: parseDuration, optional: true, placeholder: 'TIME', brief }) as const;

export const serveFlags: FlagParametersForType<ServeFlags, CliContext> = {
  listen: defaultTextFlag('127.0.0.1:5000', 'HOST:PORT', 'Address to listen on; port 0 takes a free one'),
  tlsGenerate: switchFlag(
    'Speak https with a certificate made here; what clients have to trust is named at the start',
  ),
  tlsName: textsFlag(
    'NAME',
    'Host name or address for that certificate, beside those of this machine; repeatable',
  ),
  tlsCert: textFlag('FILE', 'Certificate with its chain (PEM); with it the registry speaks https'),
  tlsKey: textFlag('FILE', 'Key of the certificate (PEM)'),
  htpasswd: textFlag('FILE', 'Users that may log in, as htpasswd -B writes them'),
  auth: {
    kind: 'enum',
    values: ['basic', 'token'],
    optional: true,
    brief: 'The password with each request (basic, the default), or for a token that lasts minutes',
  },
  allow: textsFlag(
    'WHO:ACTIONS:REPOSITORIES',
    'Who may do what where, e.g. ci:pull,push:team-a/**; WHO may be anyone or users; repeatable (default: every user everything)',
  ),
  anonymousRead: switchFlag('Reading needs no login'),
  accessLog: textFlag('FILE', 'Add a line for each request (combined log format); - is standard error'),
  requestTimeout: optionalTime('The longest one request may take (default: 6h)'),
  idleTimeout: optionalTime('Close connections on which nothing moves for so long (default: 2m)'),
  grace: {
    kind: 'parsed',
    parse: parseDuration,
    default: '10s',
    placeholder: 'TIME',
    brief: 'How long requests in flight may go on after Ctrl-C or SIGTERM',
  },
};
