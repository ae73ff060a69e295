import { createHash, createHmac } from 'node:crypto';

/** As `ssh-keygen -l` prints it. */
export const fingerprintOf = (key: Buffer): string =>
  `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;

/** `ssh-ed25519`: every SSH key begins with its type. */
export const keyTypeOf = (key: Buffer): string =>
  key.length < 4 ? '' : key.subarray(4, 4 + key.readUInt32BE(0)).toString('latin1');

/** What a known_hosts file says about one host. */
export interface KnownHost {
  readonly keys: readonly Buffer[];
  readonly revoked: readonly Buffer[];
}

/**
 * Reads known_hosts as sshd(8) describes it: plain, wildcard and hashed names, `[host]:port`, `@revoked`. Certificate authorities are not
 * supported: their lines are skipped.
 */
export function readKnownHosts(text: string, host: string, port: number): KnownHost {
  const name = port === 22 ? host.toLowerCase() : `[${host.toLowerCase()}]:${port}`;
  const keys: Buffer[] = [];
  const revoked: Buffer[] = [];
  for (const line of text.split('\n')) {
    const words = line.trim().split(/\s+/);
    const marker = words[0]?.startsWith('@') === true ? words.shift() : undefined;
    const [names, , key] = words;
    if (names === undefined || key === undefined || names.startsWith('#') || !isNamed(names, name)) continue;
    if (marker === undefined) keys.push(Buffer.from(key, 'base64'));
    else if (marker === '@revoked') revoked.push(Buffer.from(key, 'base64'));
  }
  return { keys, revoked };
}

function isNamed(names: string, name: string): boolean {
  const [, salt, hash] = /^\|1\|([^|]+)\|([^|]+)$/.exec(names) ?? [];
  if (salt !== undefined && hash !== undefined)
    return createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest('base64') === hash;
  const patterns = names.toLowerCase().split(',');
  const matches = (pattern: string): boolean => asRegExp(pattern).test(name);
  return (
    patterns.some((pattern) => !pattern.startsWith('!') && matches(pattern)) &&
    !patterns.some((pattern) => pattern.startsWith('!') && matches(pattern.slice(1)))
  );
}

const asRegExp = (pattern: string): RegExp =>
  new RegExp(
    `^${pattern
      .replace(/[.+^${}()|[\]\\]/g, '\\$&')
      .replaceAll('*', '.*')
      .replaceAll('?', '.')}$`,
  );
