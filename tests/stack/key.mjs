// The issuer's key, kept in a file so that a restart does not change it.
import { generateKeyPairSync } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';

export function newKey(kid) {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return { ...privateKey.export({ format: 'jwk' }), kid, use: 'sig', alg: 'RS256' };
}

export function readOrMakeKey(file) {
  if (!existsSync(file)) writeFileSync(file, JSON.stringify(newKey('stack')), { mode: 0o600 });
  return JSON.parse(readFileSync(file, 'utf8'));
}
