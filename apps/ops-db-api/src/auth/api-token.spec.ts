import fc from 'fast-check';
import { bearerToken, hashApiToken, newApiToken, prefixOf } from './api-token.js';

describe('an API token', () => {
  it('is mrd_ and 43 characters, never twice the same', () => {
    const [one, other] = [newApiToken(), newApiToken()];

    expect(one).toMatch(/^mrd_[A-Za-z0-9_-]{43}$/);
    expect(one).not.toBe(other);
    expect([hashApiToken(one)].join()).toMatch(/^[0-9a-f]{64}$/);
    expect(prefixOf(one)).toHaveLength(8);
  });

  it('is read from a bearer header in any spelling of the scheme', () => {
    const token = newApiToken();

    expect([`Bearer ${token}`, `bearer  ${token} `].map(bearerToken)).toEqual([token, token]);
  });

  it('is not found in anything else', () => {
    const token = newApiToken();
    const others = [
      undefined,
      '',
      token,
      `Basic ${token}`,
      `Bearer ${token} x`,
      `Bearer ${token}x`,
      'Bearer',
      `Bearer ${token.slice(1)}`,
    ];

    expect(others.map(bearerToken)).toEqual(others.map(() => null));
  });

  it('never makes its reader throw', () => {
    fc.assert(
      fc.property(
        fc.string(),
        (header) => typeof bearerToken(header) === 'string' || bearerToken(header) === null,
      ),
    );
  });
});
