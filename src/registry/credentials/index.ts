export { loadCertsDir } from './certs-dir.ts';
export { createCredentialSource } from './source.ts';
