import {
  associationHashes,
  chooseAssociation,
  sql,
  type Association,
  type AssociationCandidate,
} from '@meridian/core';
import fc from 'fast-check';
import type { EntityManager } from 'typeorm';
import { queryRow, queryRows } from '../sql.js';
import {
  aDark,
  aTarget,
  associationOf,
  boundTo,
  darks,
  hour,
  type DarkOptions,
  type TargetOptions,
} from '../testing/association-builders.js';
import {
  aRawFile,
  aStep,
  aSubGroup,
  openTestDatabase,
  type BuiltStep,
  type TestDatabase,
} from '../testing/index.js';
import { chooseAssociations } from './choose-associations.js';

const HOUR = 3_600_000;
const START = hour(0).getTime();
const NOW = hour(100);

describe('chooseAssociations', () => {
  let db: TestDatabase;
  let manager: EntityManager;
  let step: BuiltStep;
  beforeAll(async () => {
    db = await openTestDatabase();
    manager = db.dataSource.manager;
  });
  afterAll(() => db.close());
  beforeEach(async () => {
    await queryRows(manager, sql`UPDATE data_item SET retired_at = now() WHERE retired_at IS NULL`);
    step = await aStep(manager);
  });

  const darkAt = (at: number, more: DarkOptions = {}) => aDark(manager, at, more);
  const target = (range: readonly [number | null, number | null], options: Partial<TargetOptions> = {}) =>
    aTarget(manager, range, { step, ...options });
  const choose = (
    associations: readonly Association[],
    subGroupIds: readonly number[] | 'all' = 'all',
    now = NOW,
  ) => chooseAssociations(manager, { stepId: step.stepId, associations, subGroupIds, now });

  it('writes what is bound, how, and its part of the fingerprint', async () => {
    const [before, after] = [await darkAt(0), await darkAt(8)];
    const id = await target([1, 3]);
    expect(await choose(darks({ policy: 'interpolate' }))).toEqual([id]);
    expect(await boundTo(manager, id)).toEqual([
      {
        name: 'dark',
        item: before,
        role: 'before',
        method: 'interpolated',
        offset: -7200,
        weight: 0.75,
      },
      {
        name: 'dark',
        item: after,
        role: 'after',
        method: 'interpolated',
        offset: 21_600,
        weight: 0.25,
      },
    ]);
    const row = await associationOf(manager, id);
    expect(row.association).toEqual({
      chosen: {
        dark: {
          method: 'interpolated',
          items: [
            { id: before, role: 'before', offset_seconds: -7200, weight: 0.75 },
            { id: after, role: 'after', offset_seconds: 21_600, weight: 0.25 },
          ],
        },
      },
    });
    const contents = await queryRows<{ id: number; contentHash: string }>(
      manager,
      sql`SELECT id, content_hash AS "contentHash" FROM data_item WHERE id IN (${before}, ${after}) ORDER BY id`,
    );
    const [sumA, sumB] = contents
      .map(({ id: itemId, contentHash }) =>
        associationHashes({
          name: 'dark',
          role: itemId === before ? 'before' : 'after',
          itemId,
          contentHash,
        }),
      )
      .reduce(([a, b], [nextA, nextB]) => [a + nextA, b + nextB]);
    const expected = await queryRow<{ fingerprint: string }>(
      manager,
      sql`SELECT fingerprint(${String(sumA)}::numeric, ${String(sumB)}::numeric) AS fingerprint`,
    );
    expect(row.fingerprint).toBe(expected?.fingerprint);
  });

  it('changes nothing the second time, and back to nothing without associations', async () => {
    await darkAt(0);
    const id = await target([1, 1]);
    await choose(darks({}));
    expect(await choose(darks({}))).toEqual([]);
    expect(await choose(darks({}), [id])).toEqual([]);
    expect(await choose([])).toEqual([id]);
    expect(await boundTo(manager, id)).toEqual([]);
    expect(await associationOf(manager, id)).toMatchObject({ association: {}, fingerprint: '0'.repeat(32) });
  });

  it('a calibration that arrives, changes or is retired later changes the fingerprint of those that it suits', async () => {
    const old = await darkAt(0);
    const [early, late] = [await target([1, 1]), await target([11, 11])];
    await choose(darks({}));
    const first = await associationOf(manager, late);

    const better = await darkAt(10);
    expect(await choose(darks({}))).toEqual([late]);
    expect(await boundTo(manager, late)).toMatchObject([{ item: better }]);
    expect((await associationOf(manager, late)).fingerprint).not.toBe(first.fingerprint);

    await queryRows(manager, sql`UPDATE data_item SET content_hash = repeat('e', 64) WHERE id = ${old}`);
    expect(await choose(darks({}))).toEqual([early]);

    await queryRows(manager, sql`UPDATE data_item SET retired_at = now() WHERE id = ${better}`);
    expect(await choose(darks({}))).toEqual([late]);
    expect(await boundTo(manager, late)).toMatchObject([{ item: old }]);
  });

  it('an item that is gone altogether leaves the part of the members as it was', async () => {
    const gone = await darkAt(0);
    const id = await target([1, 1]);
    await choose(darks({}));
    await queryRows(manager, sql`DELETE FROM data_item WHERE id = ${gone}`);
    expect(await choose(darks({}))).toEqual([id]);
    expect(await associationOf(manager, id)).toMatchObject({ fingerprint: '0'.repeat(32) });
  });

  it('says which required ones are missing and why, and leaves the others out', async () => {
    await darkAt(0);
    const id = await target([1, 1]);
    await choose(
      darks(
        { max_offset: '30 min' },
        { name: 'flat', select: [{ dim: 'kind', operator: 'eq', value: 'flat' }], required: false },
        { name: 'bias', same: ['band'] },
      ),
    );
    expect(await boundTo(manager, id)).toEqual([]);
    expect((await associationOf(manager, id)).association).toEqual({
      chosen: {},
      absent: { dark: 'none_found', flat: 'none_found', bias: 'no_such_dim' },
      missing: ['dark', 'bias'],
    });
  });

  it('marks what is far away', async () => {
    const dark = await darkAt(0);
    const id = await target([9, 9]);
    await choose(darks({ warn_offset: '8 h' }));
    expect((await associationOf(manager, id)).association).toMatchObject({
      chosen: { dark: { far: true, items: [{ id: dark }] } },
    });
  });

  it('takes the validity that an item states over its time of observation, both ends included', async () => {
    const stated = await darkAt(50, {
      metadata: { valid_from: hour(0).toISOString(), valid_to: hour(4).toISOString() },
    });
    const open = await darkAt(60, { dims: { valid_from: hour(5).toISOString() } });
    const covering = darks({ policy: 'covering' });
    const [first, last, between, later] = [
      await target([0, 4]),
      await target([4, 4]),
      await target([4.5, 4.5]),
      await target([5, 99]),
    ];
    await choose(covering);
    expect((await boundTo(manager, first)).map((row) => row.item)).toEqual([stated]);
    expect((await boundTo(manager, last)).map((row) => row.item)).toEqual([stated]);
    expect(await boundTo(manager, between)).toEqual([]);
    expect((await boundTo(manager, later)).map((row) => row.item)).toEqual([open]);
  });

  it('an item without any time is always valid', async () => {
    const id = await target([3, 3]);
    const reference = await aRawFile(manager, { dims: { kind: 'dark' } });
    await choose(darks({ policy: 'newest' }));
    expect(await boundTo(manager, id)).toMatchObject([{ item: reference, offset: 0 }]);
  });

  it('a promised sub-group without members has no associations', async () => {
    await darkAt(0);
    const id = await aSubGroup(manager, { step });
    expect(await choose(darks({}))).toEqual([]);
    expect(await boundTo(manager, id)).toEqual([]);
  });

  it('for few sub-groups it chooses what it chooses for all, and what the rule chooses', async () => {
    const DARK = fc.record({
      at: fc.integer({ min: 0, max: 20 }),
      length: fc.integer({ min: 0, max: 6 }),
      band: fc.constantFrom(1, 2, null),
      isOpen: fc.constantFrom(false, false, false, true),
      registered: fc.integer({ min: 0, max: 3 }),
    });
    const TARGET = fc.record({
      from: fc.option(fc.integer({ min: 0, max: 20 }), { freq: 8 }),
      length: fc.integer({ min: 0, max: 3 }),
      band: fc.constantFrom(1, 2, null),
    });
    const RULE = fc.oneof(
      fc.constantFrom({ policy: 'covering' }, { policy: 'newest' }),
      fc.record({
        policy: fc.constantFrom('nearest', 'interpolate', 'newest'),
        max_offset: fc.constantFrom('2 h', '90 min', '30 d'),
      }),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(DARK, { maxLength: 12 }),
        fc.array(TARGET, { minLength: 2, maxLength: 5 }),
        RULE,
        fc.constantFrom([], ['band']),
        async (drawn, targets, rule, same) => {
          await queryRows(manager, sql`UPDATE data_item SET retired_at = now() WHERE retired_at IS NULL`);
          step = await aStep(manager);
          const associations = darks({ ...rule, same });
          const candidates: AssociationCandidate[] = [];
          for (const { at, length, band, isOpen, registered } of drawn) {
            const dims = {
              band,
              valid_from: hour(at).toISOString(),
              ...(isOpen ? {} : { valid_to: hour(at + length).toISOString() }),
            };
            const itemId = await darkAt(50, { dims, registeredAt: hour(registered) });
            const validToMs = isOpen ? null : START + (at + length) * HOUR;
            candidates.push({
              itemId,
              contentHash: '',
              dims,
              validFromMs: START + at * HOUR,
              validToMs,
              registeredAtMs: registered,
            });
          }
          const ids: number[] = [];
          for (const { from, length, band } of targets)
            ids.push(await target([from, from === null ? null : from + length], { dims: { band } }));

          for (const id of ids) await choose(associations, [id]);
          expect(await choose(associations)).toEqual([]);
          for (const [index, { from, length, band }] of targets.entries()) {
            const timeFromMs = from === null ? null : START + from * HOUR;
            const expected = chooseAssociation(
              associations[0] as Association,
              {
                dims: { band },
                timeFromMs,
                timeToMs: timeFromMs === null ? null : timeFromMs + length * HOUR,
              },
              candidates,
            );
            const bound = await boundTo(manager, ids[index] ?? 0);
            expect(bound.map((row) => row.item)).toEqual(
              expected.kind === 'missing' ? [] : expected.items.map(({ itemId }) => itemId),
            );
          }
        },
      ),
      { numRuns: 40 },
    );
  }, 120_000);
});
