import { createHash, randomBytes } from 'node:crypto';

const TOKEN = /^mrd_[A-Za-z0-9_-]{43}$/;

/** A new secret of 256 random bits. */
export const newApiToken = (): string => `mrd_${randomBytes(32).toString('base64url')}`;

/** What is stored and looked up: a token has too much entropy for a salt or a slow hash to add anything. */
export const hashApiToken = (token: string): string => createHash('sha256').update(token).digest('hex');

/** Enough to recognise a token in a list, too little to use it. */
export const prefixOf = (token: string): string => token.slice(0, 8);

/** The token in an `Authorization` header; null when there is none that could be valid. */
export function bearerToken(header: string | undefined): string | null {
  const [scheme, token, ...rest] = (header ?? '').trim().split(/ +/);
  if (scheme?.toLowerCase() !== 'bearer' || token === undefined || rest.length > 0) return null;
  return TOKEN.test(token) ? token : null;
}
