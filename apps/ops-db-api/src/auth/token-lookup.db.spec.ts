import { ApiToken } from '@meridian/ops-db';
import { openTestDatabase, type TestDatabase } from '@meridian/ops-db/testing';
import { newApiToken } from './api-token.js';
import { replaceToken } from './replace-token.js';
import { TokenLookup } from './token-lookup.js';

describe('TokenLookup', () => {
  let db: TestDatabase;
  beforeAll(async () => {
    db = await openTestDatabase();
  });
  afterAll(() => db.close());

  const NOW = new Date('2026-05-01T12:00:00Z');
  const after = (seconds: number): Date => new Date(NOW.getTime() + seconds * 1000);
  const make = async (
    name: string,
    { expiresAt = null, replace = false }: { expiresAt?: Date | null; replace?: boolean } = {},
  ) => {
    const secret = newApiToken();
    const token = { name, role: 'scientist', secret, createdBy: 'test', expiresAt, replace } as const;
    const { id } = await db.dataSource.transaction((manager) => replaceToken(manager, token));
    return { id, header: `Bearer ${secret}` };
  };
  const lookup = () => new TokenLookup(db.dataSource);
  const refusal = (code: string): object =>
    expect.objectContaining({ kind: 'unauthenticated', code }) as object;

  it('finds who a token belongs to', async () => {
    const { id, header } = await make('alice');

    expect(await lookup().callerOf(header, NOW)).toEqual({ tokenId: id, name: 'alice', role: 'scientist' });
  });

  it('stops believing a revoked token within two seconds', async () => {
    const { id, header } = await make('bob');
    const tokens = lookup();
    await tokens.callerOf(header, NOW);
    await db.dataSource.getRepository(ApiToken).update(id, { revokedAt: NOW });

    await expect(tokens.callerOf(header, after(1))).resolves.toMatchObject({ name: 'bob' });
    await expect(tokens.callerOf(header, after(2))).rejects.toEqual(refusal('auth.token_revoked'));
  });

  it('refuses a token from the moment that it expires, believed or not', async () => {
    const { header } = await make('carol', { expiresAt: after(1) });
    const tokens = lookup();

    await expect(tokens.callerOf(header, NOW)).resolves.toMatchObject({ name: 'carol' });
    await expect(tokens.callerOf(header, after(1))).rejects.toEqual(refusal('auth.token_expired'));
  });

  it('refuses what is missing, malformed or unknown', async () => {
    const tokens = lookup();

    await expect(tokens.callerOf(undefined, NOW)).rejects.toEqual(refusal('auth.token_missing'));
    await expect(tokens.callerOf("Bearer ' OR 1=1", NOW)).rejects.toEqual(refusal('auth.token_unknown'));
    await expect(tokens.callerOf(`Bearer ${newApiToken()}`, NOW)).rejects.toEqual(
      refusal('auth.token_unknown'),
    );
  });

  it('notes the use of a token at most once a minute', async () => {
    const { id, header } = await make('dave');
    const usedAt = async () =>
      (await db.dataSource.getRepository(ApiToken).findOneByOrFail({ id })).lastUsedAt;
    await lookup().callerOf(header, new Date());
    const first = await usedAt();
    await lookup().callerOf(header, new Date());

    expect(first).toBeInstanceOf(Date);
    expect(await usedAt()).toEqual(first);
  });

  it('refuses the old secret of a replaced token and knows the new one under the same id', async () => {
    const old = await make('erin');
    const renewed = await make('erin', { replace: true });

    expect(renewed.id).toBe(old.id);
    await expect(lookup().callerOf(old.header, NOW)).rejects.toEqual(refusal('auth.token_unknown'));
    await expect(lookup().callerOf(renewed.header, NOW)).resolves.toMatchObject({ name: 'erin' });
    await expect(make('erin')).rejects.toMatchObject({ code: 'api_token.already_exists' });
  });
});
