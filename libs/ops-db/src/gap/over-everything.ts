import type { EntityManager } from 'typeorm';
import { planFor } from '../queries/gap/plan-for.sql.js';

/** Runs statements that read whole tables within an evaluation, whose other statements read a few rows. */
export async function overEverything<Result>(
  manager: EntityManager,
  isAll: boolean,
  work: () => Promise<Result>,
): Promise<Result> {
  if (!isAll) return work();
  await planFor(manager, 'everything');
  const result = await work();
  await planFor(manager, 'changes');
  return result;
}
