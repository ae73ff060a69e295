import { rawSql, sql, type Dims, type JsonObject } from '@meridian/core';
import {
  closeGrouping,
  forceSubGroups,
  insertTriggerRequest,
  operatePipeline,
  pausePool,
  pauseStep,
  queryRow,
  queryRows,
  waiveSubGroup,
} from '@meridian/ops-db';
import type { SurveyWorld } from './survey-world.js';

interface Asked {
  readonly selection?: Dims;
  readonly steps?: readonly string[] | null;
  /** Step name → parameters instead of its own. */
  readonly overrides?: Readonly<Record<string, JsonObject>>;
}

type Pausable = 'pipeline' | 'step' | 'pool' | 'location';

/** What a person called ada asks of the pipeline `main`, by the statements of the API, at the world's time. */
export class Operator {
  constructor(private readonly world: SurveyWorld) {}

  /** Runs of what is missing or stale. */
  async trigger({ selection = {}, steps = null, overrides = {} }: Asked = {}): Promise<void> {
    const pipelineId = await this.idOf('pipeline', 'main');
    const request = { pipelineId, selection, steps, force: false, overrides, actor: 'ada' };
    await this.world.stampingRequests(() => insertTriggerRequest(this.world.db, request));
  }

  /** Runs of everything selected; how many sub-groups that is. */
  async force({ selection = {}, steps = null, overrides = {} }: Asked = {}): Promise<number> {
    const pipelineId = await this.idOf('pipeline', 'main');
    const request = { pipelineId, selection, steps, force: true, overrides, actor: 'ada' };
    let forced = 0;
    await this.world.stampingRequests(() =>
      this.world.db.transaction(async (manager) => {
        await insertTriggerRequest(manager, request);
        forced = await forceSubGroups(manager, request);
      }),
    );
    return forced;
  }

  /** No more files will come for what is selected. */
  async closeWhere(selection: Dims): Promise<number> {
    this.world.pass(1);
    const groupingId = await this.idOf('data_grouping', 'survey');
    const closing = { groupingId, selection, actor: 'ada', reason: 'the night is over' };
    const { id, subGroups } = await closeGrouping(this.world.db, closing);
    await queryRows(
      this.world.db,
      sql`UPDATE grouping_close SET closed_at = ${this.world.clock} WHERE id = ${id}`,
    );
    return subGroups;
  }

  /** Null takes the waiver back. */
  async waive(subGroupId: number | undefined, reason: string | null): Promise<void> {
    const waiver = reason === null ? null : { by: 'ada', reason };
    const isThere = await waiveSubGroup(this.world.db, { subGroupId: subGroupId ?? 0, waiver });
    if (!isThere) throw new Error('there is no such sub-group');
  }

  async pause(what: Pausable, name: string, reason: string): Promise<void> {
    const { db } = this.world;
    const pause = { by: 'ada', reason };
    switch (what) {
      case 'pipeline':
        return operatePipeline(db, await this.idOf('pipeline', name), { kind: 'pause', ...pause });
      case 'step':
        return pauseStep(db, await this.idOf('reduction_step', name), pause);
      case 'pool':
        return pausePool(db, await this.idOf('run_pool', name), pause);
      case 'location':
        await queryRows(
          db,
          sql`UPDATE data_location SET paused_at = now(), paused_by = 'ada', pause_reason = ${reason} WHERE name = ${name}`,
        );
    }
  }

  async resume(what: Pausable, name: string): Promise<void> {
    const { db } = this.world;
    switch (what) {
      case 'pipeline':
        return operatePipeline(db, await this.idOf('pipeline', name), { kind: 'resume' });
      case 'step':
        return pauseStep(db, await this.idOf('reduction_step', name), null);
      case 'pool':
        return pausePool(db, await this.idOf('run_pool', name), null);
      case 'location':
        await queryRows(
          db,
          sql`UPDATE data_location SET paused_at = NULL, paused_by = NULL, pause_reason = NULL WHERE name = ${name}`,
        );
    }
  }

  private async idOf(
    table: 'pipeline' | 'data_grouping' | 'reduction_step' | 'run_pool',
    name: string,
  ): Promise<number> {
    const row = await queryRow<{ id: number }>(
      this.world.db,
      sql`SELECT id FROM ${rawSql(table)} WHERE name = ${name}`,
    );
    if (row === undefined) throw new Error(`there is no ${table} ${name}`);
    return row.id;
  }
}
