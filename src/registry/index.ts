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
