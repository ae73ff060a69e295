import { evaluateSubGroup, sql, SUB_GROUP_STATES } from '@meridian/core';
import * as fc from 'fast-check';
import { queryRow } from '../../sql.js';
import { aStep, aSubGroup, openTestDatabase, type TestDatabase } from '../../testing/index.js';
import { buildGroup, buildSteps, NOW, WORLD } from '../../testing/state-worlds.js';
import { refreshStates } from './refresh-states.sql.js';

describe('refreshStates', () => {
  let db: TestDatabase;
  beforeAll(async () => {
    db = await openTestDatabase();
  });
  afterAll(() => db.close());

  it('gives every sub-group the state that evaluateSubGroup gives it', async () => {
    const seen = new Set<string>();
    await fc.assert(
      fc.asyncProperty(WORLD, async (world) => {
        const manager = db.dataSource.manager;
        const { step, upstream } = await buildSteps(manager, world);
        const expected = [];
        for (const group of world.groups)
          expected.push(await buildGroup(manager, world, step, upstream, group));

        await refreshStates(manager, {
          stepId: step.stepId,
          keyNames: ['n', 'band'],
          hasPlainKey: true,
          awaitedStepIds: [upstream.stepId],
          inputCauses: expected.flatMap(({ id, facts }) =>
            facts.inputCauses.length > 0 ? [{ subGroupId: id, causes: facts.inputCauses }] : [],
          ),
          ids: null,
          now: NOW,
        });

        for (const { id, facts } of expected) {
          const row = await queryRow<{ state: string; causes: string[]; detail: object; until: Date | null }>(
            manager,
            sql`SELECT state, causes, detail, until FROM sub_group WHERE id = ${id}`,
          );
          const verdict = evaluateSubGroup(facts, NOW.getTime());
          seen.add(verdict.state);
          expect({ ...row, until: row?.until?.getTime() ?? null }).toEqual({
            ...verdict,
            causes: verdict.state === 'running' ? [] : verdict.causes,
          });
        }
      }),
      { numRuns: 60 },
    );
    expect([...seen].sort()).toEqual([...SUB_GROUP_STATES].sort());
  });

  it('writes nothing when nothing changed', async () => {
    const step = await aStep(db.dataSource.manager);
    await aSubGroup(db.dataSource.manager, { step, state: 'missing' });
    const request = {
      stepId: step.stepId,
      keyNames: ['n'],
      hasPlainKey: true,
      awaitedStepIds: [],
      inputCauses: [],
      ids: null,
      now: NOW,
    };

    const changed = [
      (await refreshStates(db.dataSource.manager, request)).length,
      (await refreshStates(db.dataSource.manager, request)).length,
    ];

    expect(changed).toEqual([1, 0]);
  });
});
