import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from '@meridian/core';
import { labBackendConfig, type LabSite } from '@meridian/hpc/testing/lab';
import { queryRow } from '@meridian/ops-db';
import { RESOURCES, type Lab } from './slurm-lab.js';
import type { Meridian } from './slurm-meridian.js';

/** The work of every job here, also of the hand-written ones: all input files, one after the other, become one output file. */
const PROGRAM = '#!/bin/sh\nexec cat "$1"/* >"$2/all.txt"\n';
const LOOK_EVERY_MS = 100;

/** Where a benchmark keeps what it needs at the site and on this machine. */
export interface Bench {
  readonly lab: Lab;
  readonly site: LabSite;
  readonly meridian: Meridian;
  /** A directory of this benchmark's own, which the lab's user owns; jobs are in `work` below it. */
  readonly directory: string;
  readonly log: (line: string) => void;
}

export const programPath = (directory: string): string => join(directory, 'program', 'cat.sh');

export async function writeProgram(lab: Lab, directory: string): Promise<void> {
  await lab.makeDirectory(join(directory, 'program'));
  await lab.write(programPath(directory), PROGRAM);
}

export interface PipelineOptions {
  readonly name: string;
  /** With a second step over all that the first one made. */
  readonly hasMerge: boolean;
  /** Over those of the location; a counter's, for one. */
  readonly backendConfig?: Readonly<Record<string, unknown>>;
}

interface RunCounts {
  readonly done: number;
  readonly failed: number;
  readonly again: number;
  readonly reason: string | null;
}

/** Small raw files, and a pipeline with one run for each. */
export class TinyPipeline {
  constructor(
    private readonly bench: Bench,
    private readonly options: PipelineOptions,
  ) {}

  private get raw(): string {
    return join(this.bench.directory, `raw-${this.options.name}`);
  }

  async applyLocations(): Promise<void> {
    const { lab, directory, site } = this.bench;
    const base = join(directory, 'work', this.options.name);
    await lab.makeDirectory(base);
    await lab.makeDirectory(this.raw);
    const locations = [
      {
        name: `${site}-${this.options.name}`,
        kind: 'PROCESSING',
        base_path: base,
        runtime: 'host',
        ...backendOf(lab, site, this.options.backendConfig),
      },
      { name: `raw-${this.options.name}`, kind: 'SOURCE', base_path: this.raw },
    ];
    await this.apply('locations', { locations });
  }

  async applyPipeline(): Promise<void> {
    const { name, hasMerge } = this.options;
    const { directory, site } = this.bench;
    const step = {
      software: 'cat',
      resources: RESOURCES,
      outputs: { required: [{ pattern: 'all.txt' }], rules: [{ pattern: 'all.txt', type: 'SCIENCE' }] },
    };
    const software = {
      name: 'cat',
      version: '1.0.0',
      directory: join(directory, 'program'),
      files: ['cat.sh'],
      command: ['/bin/sh', '{software_dir}/cat.sh', '{input_dir}', '{output_dir}'],
    };
    const merge = { ...step, name: 'merge', depends_on: ['each'], group_by: [] };
    await this.apply('pipeline', {
      software: [software],
      groupings: [{ name, filter: { all: [{ dim: 'dataset', operator: 'eq', value: name }] } }],
      pipelines: [
        {
          name,
          grouping: name,
          location: `${site}-${name}`,
          trigger: 'CONTINUOUS',
          steps: [{ ...step, name: 'each', group_by: ['raw_data_file'] }, ...(hasMerge ? [merge] : [])],
        },
      ],
    });
  }

  /** Writes raw files and says how they are registered; registering them is `register`, which is what is measured. */
  async writeRawFiles(from: number, count: number): Promise<object[]> {
    const rows: object[] = [];
    for (let n = from; n < from + count; n += 1) {
      const content = `${this.options.name} ${n}\n`;
      await this.bench.lab.write(join(this.raw, `${n}.txt`), content);
      rows.push({
        name: `${this.options.name}-${n}.txt`,
        location: `raw-${this.options.name}`,
        path: `${n}.txt`,
        size_bytes: Buffer.byteLength(content),
        sha256: createHash('sha256').update(content).digest('hex'),
        dims: { dataset: this.options.name },
      });
    }
    return rows;
  }

  register(rows: readonly object[]): Promise<void> {
    return this.bench.meridian.post('/raw-data-files/bulk', { rows });
  }

  /**
   * Waits until so many runs are COMPLETED, and says how many of them needed more than one attempt: a job that Slurm could not start, for
   * one, is tried again, and its wait is part of what is measured.
   *
   * @throws Error when one failed for good, or when nothing more completed for five minutes
   */
  async completed(count: number): Promise<void> {
    let [last, since] = [0, Date.now()];
    for (;;) {
      const { done, failed, again, reason } = await this.counts();
      if (failed > 0) throw new Error(`${failed} runs of ${this.options.name} failed: ${reason}`);
      if (done >= count) {
        if (again > 0) this.bench.log(`${again} runs of ${this.options.name} needed more than one attempt`);
        return;
      }
      if (done > last) [last, since] = [done, Date.now()];
      if (Date.now() - since > 300_000)
        throw new Error(`${done} of ${count} runs of ${this.options.name} completed`);
      await sleep(LOOK_EVERY_MS);
    }
  }

  private async counts(): Promise<RunCounts> {
    const row = await queryRow<RunCounts>(
      this.bench.meridian.database.manager,
      sql`
      SELECT count(*) FILTER (WHERE run.status IN ('COMPLETED', 'COMPLETED_WITH_WARNINGS'))::int AS done,
             count(*) FILTER (WHERE run.status IN ('FAILED', 'CANCELLED'))::int AS failed,
             count(*) FILTER (WHERE run.failure_count > 0)::int AS again, min(run.failure_reason) AS reason
      FROM run JOIN pipeline ON pipeline.id = run.pipeline_id WHERE pipeline.name = ${this.options.name}`,
    );
    return row ?? { done: 0, failed: 0, again: 0, reason: null };
  }

  private apply(what: string, definitions: object): Promise<void> {
    const path = join(this.bench.directory, `${what}-${this.options.name}.yaml`);
    return this.bench.meridian.apply(definitions, path);
  }
}

const backendOf = ({ facts }: Lab, site: LabSite, over: Readonly<Record<string, unknown>> = {}): object => ({
  backend: site.replace('lab', 'slurm'),
  backend_config: { ...labBackendConfig(facts, site), ...over },
});
