export { createCredentialSource, credentialsOfAuths, loadCertsDir } from './credentials/index.ts';
export { describeLimit, type PullLimit } from './pull-limit.ts';
export { type CreateRepositoryOptions, createRepository, type RegistryRepository } from './repository.ts';
export { createRegistrySessions } from './sessions.ts';
export type {
  CapabilityValues,
  Credentials,
  LearnedCapability,
  RegistryRequest,
  RegistryResponse,
  RegistrySession,
  Scope,
} from './types.ts';
export { createUploadJournal, type UploadJournal } from './upload-journal.ts';
