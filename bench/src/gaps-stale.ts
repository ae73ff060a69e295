import { createHash } from 'node:crypto';
import type { Archive } from './gaps-databases.js';
import { changeRecipe, countStates, Ticker } from './gaps-steps.js';
import { median, type Figures } from './report.js';

const MOST = 2;

/** P3: a new software version → every sub-group of the step known to be stale, beside one UPDATE of so many rows as wide. */
export async function staleSet(
  { items, client, dataSource, step }: Archive,
  rounds: number,
): Promise<Figures> {
  const { manager } = dataSource;
  const ticker = new Ticker(dataSource, 1);
  await ticker.tick();
  const reduced = await countStates(manager, step.stepId, 'current');
  if (reduced === 0) throw new Error('no sub-group is current: nothing can become stale');
  await client.query('CREATE TABLE plain_rows (LIKE sub_group INCLUDING ALL)');
  await client.query(
    `INSERT INTO plain_rows OVERRIDING SYSTEM VALUE SELECT * FROM sub_group WHERE step_id = $1 AND state = 'current'`,
    [step.stepId],
  );
  const engine: number[] = [];
  const plain: number[] = [];
  for (let round = 0; round <= rounds; round += 1) {
    await client.query('VACUUM (ANALYZE) plain_rows, sub_group');
    const plainMs = await timed(() =>
      client.query(`UPDATE plain_rows SET state = 'stale', causes = ARRAY['software'], state_since = now()`),
    );
    const newer = createHash('sha256').update(`version ${round}`).digest('hex');
    const engineMs = await timed(async () => {
      await changeRecipe(manager, step.stepId, { softwareHash: newer });
      await ticker.tick();
    });
    const stale = await countStates(manager, step.stepId, 'stale');
    if (stale !== reduced) throw new Error(`${stale} of ${reduced} sub-groups are stale`);
    await client.query(`UPDATE plain_rows SET state = 'current', causes = '{}', state_since = now()`);
    await changeRecipe(manager, step.stepId, { softwareHash: step.softwareHash });
    await ticker.tick();
    if (round === 0) continue;
    engine.push(engineMs);
    plain.push(plainMs);
  }
  await client.query('DROP TABLE plain_rows');
  const value = median(engine);
  const ratio = value / median(plain);
  return {
    [`P3 at ${items}`]: {
      value,
      unit: 'ms',
      yardstick: { name: `one UPDATE of ${reduced} rows of a table like sub_group`, value: median(plain) },
      ratio,
      goal: `≤ ${MOST} ×`,
      holds: ratio <= MOST,
      note: `${reduced} sub-groups with completed runs; definition written and evaluated; medians of ${rounds} interleaved rounds`,
    },
  };
}

async function timed(act: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await act();
  return performance.now() - startedAt;
}
