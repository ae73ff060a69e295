import { rawSql, resultRelation, sql, type ResultTable } from '@meridian/core';
import { mountedFiles } from '@meridian/hpc';
import { queryRows } from '@meridian/ops-db';
import {
  aRawFile,
  aSoftwareVersion,
  nextNumber,
  runRow,
  type BuiltRun,
  type BuiltSoftware,
  type BuiltStep,
} from '@meridian/ops-db/testing';
import { CollectResultsPass } from '../passes/collect-results.pass.js';
import { Workshop } from './workshop.js';

const NEVER = new AbortController().signal;
const RULES = { hashPolicy: 'none', recordGraceSeconds: 30, diskPatienceSeconds: 120 } as const;

/** A software with tables, a step that runs it, and what lies in its tables. */
export interface Tool {
  readonly step: BuiltStep;
  versionOf(version: string, tables?: readonly ResultTable[]): Promise<BuiltSoftware>;
  rowsOf(table: string, suffix?: string, columns?: string): Promise<Record<string, unknown>[]>;
}

/** Runs of software that fills tables, collected. */
export class TableWorld {
  private constructor(readonly workshop: Workshop) {}

  static async open(): Promise<TableWorld> {
    return new TableWorld(await Workshop.open());
  }

  get db() {
    return this.workshop.db;
  }

  close(): Promise<void> {
    return this.workshop.close();
  }

  collect(): Promise<number> {
    const { database, logger } = this.workshop;
    return new CollectResultsPass({
      ...{
        filesOf: () => mountedFiles,
        dataSource: database.dataSource,
        actor: 'collector',
        logger,
        rules: RULES,
      },
      ...{ leaseSeconds: 60, batchSize: 200 },
    }).run(NEVER);
  }

  async aTool(...tables: ResultTable[]): Promise<Tool> {
    const name = `tool${nextNumber()}`;
    const versionOf: Tool['versionOf'] = (version, declared = tables) =>
      aSoftwareVersion(this.db, { name, version, tables: declared });
    const step = await this.workshop.aStep({ software: await versionOf('1.0.0') });
    const rowsOf: Tool['rowsOf'] = (table, suffix = '', columns = '*') =>
      queryRows(
        this.db,
        sql`SELECT ${rawSql(columns)} FROM ${rawSql(`results."${resultRelation(name, table)}${suffix}"`)} ORDER BY row_id`,
      );
    return { versionOf, step, rowsOf };
  }

  /** New items, in the order of their ids. */
  async items(count: number): Promise<number[]> {
    const ids = await Promise.all(Array.from({ length: count }, () => aRawFile(this.db)));
    return ids.sort((left, right) => left - right);
  }

  /** A run of these items that left these files, collected. */
  async ran(
    step: BuiltStep,
    itemIds: readonly number[],
    files: Record<string, string>,
    software: BuiltSoftware = step,
  ): Promise<BuiltRun & { readonly row: Awaited<ReturnType<typeof runRow>> }> {
    const run = await this.workshop.aRun({ step: { ...step, ...software }, itemIds });
    await this.workshop.leave(run, { files });
    await this.workshop.ended(run, { state: 'COMPLETED', exitCode: 0 });
    await this.collect();
    return { ...run, row: await runRow(this.db, run.runId) };
  }

  /** Of each item of a run, in the order of their ids: what became of it, and why. */
  async outcomes(runId: number): Promise<[string, string][]> {
    const rows = await queryRows<{ outcome: string; reason: string }>(
      this.db,
      sql`SELECT outcome, reason FROM item_outcome WHERE run_id = ${runId} ORDER BY item_id`,
    );
    return rows.map(({ outcome, reason }) => [outcome, reason]);
  }

  async warningsOf(runId: number): Promise<string[]> {
    const rows = await queryRows<{ code: string }>(
      this.db,
      sql`SELECT code FROM run_warning WHERE run_id = ${runId} ORDER BY code`,
    );
    return rows.map(({ code }) => code);
  }
}
