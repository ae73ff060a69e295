import { sql } from '@meridian/core';
import { queryRows } from '@meridian/ops-db';
import {
  aGrouping,
  aLocation,
  aPipeline,
  aProduct,
  aRawFile,
  aStep,
  openTestDatabase,
  type BuiltRun,
  type BuiltStep,
  type PipelineOptions,
  type StepOptions,
  type TestDatabase,
} from '@meridian/ops-db/testing';
import pino from 'pino';
import type { EntityManager } from 'typeorm';
import { EvaluateGapsPass } from '../passes/evaluate-gaps.pass.js';

/** The tables of a test, with the pipeline of the imaging example in them, and an evaluator whose clock the test holds. */
export class ImagingWorld {
  clock = new Date(Date.now() + 60_000);

  constructor(readonly test: TestDatabase) {}

  static async open(): Promise<ImagingWorld> {
    return new ImagingWorld(await openTestDatabase());
  }

  get db(): EntityManager {
    return this.test.dataSource.manager;
  }

  close(): Promise<void> {
    return this.test.close();
  }

  /** One tick of a pass that has just started; runs created. */
  evaluate(): Promise<number> {
    const pass = new EvaluateGapsPass({
      dataSource: this.test.dataSource,
      actor: 'trigger-manager@test',
      logger: pino({ level: 'silent' }),
      now: () => Promise.resolve(this.clock),
      fireLimit: 1000,
    });
    return pass.run(new AbortController().signal);
  }

  /** A pipeline extract (per file) → mosaic (over all) over files with dims.dataset = 'm17'. */
  async imaging(options: { pipeline?: PipelineOptions; extract?: StepOptions; mosaic?: StepOptions } = {}) {
    const groupingId = await aGrouping(this.db, {
      filter: { all: [{ dim: 'dataset', operator: 'eq', value: 'm17' }] },
    });
    const pipeline = await aPipeline(this.db, {
      groupingId,
      locationId: await aLocation(this.db),
      ...options.pipeline,
    });
    const extract = await aStep(this.db, {
      pipeline,
      name: 'extract',
      position: 0,
      groupBy: ['raw_data_file'],
      ...options.extract,
    });
    const mosaic = await aStep(this.db, {
      pipeline,
      name: 'mosaic',
      position: 1,
      dependsOn: [extract],
      groupBy: [],
      ...options.mosaic,
    });
    return { pipeline, extract, mosaic };
  }

  aTile(name: string): Promise<number> {
    return aRawFile(this.db, { name, dims: { dataset: 'm17', raw_data_file: name, filter: 'Ks' } });
  }

  gaps(step: BuiltStep) {
    return queryRows<{ dims: object; state: string; causes: string[]; detail: object }>(
      this.db,
      sql`SELECT dims, state, causes, detail FROM sub_group WHERE step_id = ${step.stepId} ORDER BY dims`,
    );
  }

  async states(step: BuiltStep): Promise<string[]> {
    return (await this.gaps(step)).map((gap) => gap.state);
  }

  runsOf(step: BuiltStep) {
    return queryRows<{ id: number; inputs: string[]; causes: string[]; dims: object }>(
      this.db,
      sql`SELECT run.id, run.causes, run.dims, ARRAY(SELECT item.name FROM input_set_member m JOIN data_item item ON item.id = m.item_id
            WHERE m.input_set_id = run.input_set_id ORDER BY item.name) AS inputs
          FROM run WHERE step_id = ${step.stepId} ORDER BY id`,
    );
  }

  /** Brings every active run of a step to COMPLETED, each with one product, as the result-manager would. */
  async complete(step: BuiltStep): Promise<void> {
    const active = await queryRows<{
      id: number;
      subGroupId: number;
      inputSetId: number;
      dims: Record<string, string>;
    }>(
      this.db,
      sql`SELECT id, sub_group_id AS "subGroupId", input_set_id AS "inputSetId", dims FROM run WHERE step_id = ${step.stepId} AND status = 'PENDING'`,
    );
    for (const run of active) {
      for (const status of ['STAGING_DATA', 'SUBMITTING', 'SUBMITTED', 'COLLECTING_RESULTS']) {
        await queryRows(this.db, sql`UPDATE run SET status = ${status} WHERE id = ${run.id}`);
      }
      const { id: runId, subGroupId, inputSetId } = run;
      const built: BuiltRun = { runId, step, subGroupId, inputSetId, itemIds: [], attempt: 1, token: '' };
      await aProduct(this.db, built, {
        name: `${step.name}-${runId}.fits`,
        type: 'INTERMEDIATE',
        dims: run.dims,
      });
      await queryRows(
        this.db,
        sql`UPDATE run SET status = 'COMPLETED', finished_at = now() WHERE id = ${runId}`,
      );
      await queryRows(
        this.db,
        sql`UPDATE sub_group SET last_completed_run_id = ${runId} WHERE id = ${subGroupId}`,
      );
    }
  }
}
