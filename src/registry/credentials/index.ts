export { loadCertsDir } from './certs-dir.ts';
export { createCredentialSource, credentialsOfAuths } from './source.ts';
