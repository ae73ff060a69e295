import { fingerprintOf, keyTypeOf, readKnownHosts } from './host-keys.js';

const ED25519 = 'AAAAC3NzaC1lZDI1NTE5AAAAIJW6uG5yRmj8St70kc5p7mD83irW0cRyDBAvvY+s/lq3';
const ECDSA =
  'AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBEJnIjqYd9ehD0twXCHOp4pTou7uVDlV8MFdWCo5hGQWOz3J/ewEGZs1+sD2bWJhgiJfTUHIPqKKfheg1rEiVeA=';
const key = (text: string): Buffer => Buffer.from(text, 'base64');

describe('fingerprintOf', () => {
  it('is what ssh-keygen -l prints', () => {
    expect(fingerprintOf(key(ED25519))).toBe('SHA256:LbxXRi+IffW6Tr+MxZypZ/wbR54OFOt8ncN48JDOrbo');
    expect(fingerprintOf(key(ECDSA))).toBe('SHA256:mTGOP0orXKb/cLMCzPt7D0k+YzcN2yVdo8KsRsJ8CrE');
  });

  it('stands beside the type of the key', () => {
    expect(keyTypeOf(key(ED25519))).toBe('ssh-ed25519');
    expect(keyTypeOf(key(ECDSA))).toBe('ecdsa-sha2-nistp256');
    expect(keyTypeOf(Buffer.alloc(2))).toBe('');
  });
});

describe('readKnownHosts', () => {
  const keysFor = (text: string, host: string, port = 22): string[] =>
    readKnownHosts(text, host, port).keys.map((one) => one.toString('base64'));

  it.each([
    [`login.example.org ssh-ed25519 ${ED25519}`, 'login.example.org', 22],
    [`login.example.org ssh-ed25519 ${ED25519} a comment`, 'LOGIN.example.org', 22],
    [`10.0.0.1,login.example.org ssh-ed25519 ${ED25519}`, '10.0.0.1', 22],
    [`*.example.org ssh-ed25519 ${ED25519}`, 'login.example.org', 22],
    [`login?.example.org ssh-ed25519 ${ED25519}`, 'login2.example.org', 22],
    [`[login.example.org]:2222 ssh-ed25519 ${ED25519}`, 'login.example.org', 2222],
    [
      `|1|zPB3L72fq+b6LVTDXSVVwAkGjPI=|sM+Eizdo5JvxfmJzJXvyikr/CU8= ssh-ed25519 ${ED25519}`,
      'login.example.org',
      22,
    ],
    [
      `|1|SW9BxDnfQSx+9I9k/AA5ej0Jbes=|NHMLlf5d/tzbyyCY2wb0eiZbI/k= ssh-ed25519 ${ED25519}`,
      'login.example.org',
      2222,
    ],
  ])('finds the key in %s', (line, host, port) => {
    expect(keysFor(`# comment\n\n${line}\n`, host, port)).toEqual([ED25519]);
  });

  it.each([
    [`login.example.org ssh-ed25519 ${ED25519}`, 'login.example.org', 2222],
    [`login.example.org ssh-ed25519 ${ED25519}`, 'loginXexample.org', 22],
    [`*.example.org,!login.example.org ssh-ed25519 ${ED25519}`, 'login.example.org', 22],
    [`@cert-authority *.example.org ssh-ed25519 ${ED25519}`, 'login.example.org', 22],
    [`# login.example.org ssh-ed25519 ${ED25519}`, 'login.example.org', 22],
    [
      `|1|zPB3L72fq+b6LVTDXSVVwAkGjPI=|sM+Eizdo5JvxfmJzJXvyikr/CU8= ssh-ed25519 ${ED25519}`,
      'other.example.org',
      22,
    ],
    ['login.example.org', 'login.example.org', 22],
  ])('finds none in %s for %s, port %i', (line, host, port) => {
    expect(keysFor(line, host, port)).toEqual([]);
  });

  it('has all keys of a host, and those that were revoked apart', () => {
    const text = [
      `login ssh-ed25519 ${ED25519}`,
      `login ecdsa-sha2-nistp256 ${ECDSA}`,
      `@revoked * ssh-ed25519 ${ED25519}`,
    ].join('\n');
    expect(readKnownHosts(text, 'login', 22)).toEqual({
      keys: [key(ED25519), key(ECDSA)],
      revoked: [key(ED25519)],
    });
  });
});
