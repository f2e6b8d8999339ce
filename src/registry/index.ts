export {
  createCredentialSource,
  loadCertsDir,
} from './credentials/index.ts';
export { type CreateRepositoryOptions, createRepository, type RegistryRepository } from './repository.ts';
export { createRegistrySessions, type RegistrySessions, type RegistrySessionsOptions } from './sessions.ts';
export type {
  Capabilities,
  CapabilityValues,
  CredentialSource,
  Credentials,
  RefusalFacts,
  RegistryRequest,
  RegistryResponse,
  RegistrySession,
  RegistrySettings,
  Scope,
} from './types.ts';
