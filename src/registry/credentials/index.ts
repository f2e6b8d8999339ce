export { type CertsDirOptions, loadCertsDir } from './certs-dir.ts';
export { type CredentialSourceOptions, createCredentialSource } from './source.ts';
