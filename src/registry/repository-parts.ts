import { type Clock, type EmitEvent, printable } from '../base/index.ts';
import type { RegistrySession, Scope } from './types.ts';
import type { UploadJournal } from './upload-journal.ts';

/** What every part of a repository needs to know of it. */
export interface RepositoryParts {
  readonly session: RegistrySession;
  /** For messages: host as in references, and repository. */
  readonly label: string;
  readonly emit: EmitEvent;
  readonly clock: Clock;
  /** `/v2/NAME/` as it stands in URLs; a mirror's prefix is part of NAME. */
  readonly base: string;
  readonly pull: readonly Scope[];
  /** One token for HEAD, POST and PUT (oras-go AppendRepositoryScope). */
  readonly push: readonly Scope[];
  /** Where open uploads are remembered, when they are. */
  readonly journal?: UploadJournal;
}

export interface RepositoryOptions {
  readonly session: RegistrySession;
  /** Path of the repository as in references, without host: `eclipse/che-server`. */
  readonly repository: string;
  readonly emit: EmitEvent;
  readonly clock: Clock;
  readonly journal?: UploadJournal;
}

export function repositoryParts(options: RepositoryOptions): RepositoryParts {
  const { session, repository, emit, clock, journal } = options;
  const name = nameOnWire(session, repository);
  return {
    session,
    emit,
    clock,
    label: `${session.registry}/${repository}`,
    base: `/v2/${name}/`,
    pull: [{ repository: name, actions: 'pull' }],
    push: [{ repository: name, actions: 'pull,push' }],
    ...(journal === undefined ? {} : { journal }),
  };
}

/** The name that the server knows a repository by. */
export function nameOnWire(session: RegistrySession, repository: string): string {
  return session.prefix === '' ? repository : `${session.prefix}/${repository}`;
}

/** The media type of an answer, without parameters. */
export function contentTypeOf(header: string | undefined): string | undefined {
  const bare = header?.split(';')[0]?.trim().toLowerCase();
  return bare === undefined || bare === '' ? undefined : bare;
}

/** A short name for a tag or digest in messages. */
export function shown(selector: string): string {
  return selector.includes(':') ? selector.slice(0, selector.indexOf(':') + 13) : printable(selector, 128);
}
