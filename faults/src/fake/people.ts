import { sql, type SqlFragment } from '@meridian/core';
import type { Random } from '@meridian/core/testing';
import {
  giveVerdict,
  queryRows,
  requestPublication,
  requestPurge,
  withdrawPublication,
} from '@meridian/ops-db';
import type { DataSource, EntityManager } from 'typeorm';
import type { Ledger } from '../ledger.js';
import { SITE, type Archive } from './archive.js';
import { unlessLocked } from './unless-locked.js';

export interface PeopleOptions {
  readonly dataSource: DataSource;
  readonly random: Random;
  readonly ledger: Ledger;
  readonly archive: Archive;
}

const ACTS = { revise: 2, judge: 3, withdraw: 5, publish: 2, purge: 3 } as const;
const SAID = ['PASS', 'WARN', 'FAIL'] as const;
/** The newest ones are those that something still happens to. */
const NEWEST = 8;

/** Somebody who looks at results, judges them, publishes them and takes them back, at any moment and by the statements of the API. */
export class People {
  /** Publications that were taken back. */
  readonly withdrawn = new Set<number>();

  constructor(private readonly options: PeopleOptions) {}

  async act(): Promise<void> {
    const { random, archive, ledger, dataSource } = this.options;
    const act = random.weighted(ACTS);
    if (act === 'revise') return ledger.note(`a file has other bytes: ${await archive.revise(random)}`);
    // Decided before anybody is asked: what a lock prevents must not change what comes after it.
    const place = random.next();
    const done = await unlessLocked(dataSource, (manager) => this[act](manager, place));
    ledger.note(`${act}: ${done ?? 'nothing'}`);
  }

  /** Whatever failed to be published is asked for once more. How many that are. */
  async publishAgain(): Promise<number> {
    const asked = await unlessLocked(this.options.dataSource, async (manager) => {
      const failed = await idsOf(manager, sql`SELECT item_id AS id FROM publication WHERE state = 'failed'`);
      for (const productId of failed) await ask(manager, productId);
      return failed.length;
    });
    return asked ?? 0;
  }

  private async judge(manager: EntityManager, place: number): Promise<string | null> {
    const runs = sql`SELECT run_id AS id FROM qa_judgement ORDER BY run_id DESC LIMIT ${NEWEST}`;
    const runId = at(await idsOf(manager, runs), place);
    if (runId === undefined) return null;
    const verdict = SAID[runId % SAID.length] ?? 'FAIL';
    await giveVerdict(manager, { runId, verdict, reason: 'looked at', actor: 'person' });
    return `run ${runId} ${verdict}`;
  }

  private async withdraw(manager: EntityManager, place: number): Promise<string | null> {
    const id = at(await idsOf(manager, publicationsIn(['published'])), place);
    if (id === undefined) return null;
    await withdrawPublication(manager, { id, actor: 'person', reason: 'a mistake' });
    this.withdrawn.add(id);
    return `publication ${id}`;
  }

  private async publish(manager: EntityManager, place: number): Promise<string | null> {
    const id = at(await idsOf(manager, publicationsIn(['rejected', 'failed'])), place);
    const [productId] = await idsOf(
      manager,
      sql`SELECT item_id AS id FROM publication WHERE id = ${id ?? 0}`,
    );
    if (productId === undefined) return null;
    await ask(manager, productId);
    return `product ${productId}`;
  }

  private async purge(manager: EntityManager): Promise<string | null> {
    const [locationId] = await idsOf(manager, sql`SELECT id FROM data_location WHERE name = ${SITE}`);
    const purge = await requestPurge(manager, {
      ...{ locationId: locationId ?? 0, downToBytes: 0, actor: 'person', reason: 'room is wanted' },
    });
    return purge === undefined ? null : `purge ${purge.id}`;
  }
}

const ask = (manager: EntityManager, productId: number): Promise<unknown> =>
  requestPublication(manager, { productId, to: null, actor: 'person', reason: 'asked again' });

const publicationsIn = (states: readonly string[]): SqlFragment =>
  sql`SELECT id FROM publication WHERE state = ANY(${states}::text[]) ORDER BY changed_at DESC, id DESC LIMIT ${NEWEST}`;

async function idsOf(manager: EntityManager, query: SqlFragment): Promise<number[]> {
  const rows = await queryRows<{ id: number }>(manager, query);
  return rows.map(({ id }) => id);
}

const at = (ids: readonly number[], place: number): number | undefined => ids[Math.floor(place * ids.length)];
