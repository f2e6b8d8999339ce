export { createCredentialSource, loadCertsDir } from './credentials/index.ts';
export { type CreateRepositoryOptions, createRepository, type RegistryRepository } from './repository.ts';
export { createRegistrySessions } from './sessions.ts';
export type { Credentials, RegistryRequest, RegistryResponse, RegistrySession, Scope } from './types.ts';
