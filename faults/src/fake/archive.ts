import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { knownNames, parseDefinitions, planDefinitions, sql, type JsonObject } from '@meridian/core';
import type { Random } from '@meridian/core/testing';
import {
  forceSubGroups,
  insertRawFiles,
  loadStoredDefinitions,
  makeResultTables,
  queryRow,
  queryRows,
  replaceRawFileContents,
  writePlan,
  type RawFileRecord,
} from '@meridian/ops-db';
import type { DataSource, EntityManager } from 'typeorm';
import { unlessLocked } from './unless-locked.js';

const RAW = 'raw';
const FRAMES = 2;
const PARTS = 2;
export const PIPELINE = 'sky';
export const STEPS = ['reduce', 'combine'] as const;
/** Of the software that every step runs: a table of its items, and one of its sub-groups. */
export const SOFTWARE = 'telescope';
export const PUBLICATION_ATTEMPTS = 6;
/** Where runs are processed: it is always too full, so that whatever may go goes. */
export const SITE = 'site';
const WATER_MARKS = { high_water: '20 kB', low_water: '1 B' };
/** What a newer result has replaced, and what failed attempts leave, at once. */
const RETENTION = { rules: [{ keep: { last: 1 } }], failed_attempt_days: 0 };

/** Tried so often that only a fault which is final by itself ends a run. */
const RETRY = { max_attempts: 40, backoff_seconds: 10 };
/** So that no run reaches its cap by being tried again with more. */
const RESOURCES = {
  memory_mb: 1,
  walltime_minutes: 60,
  max_memory_mb: 2_000_000_000,
  max_walltime_minutes: 100_000_000,
};

const TABLES = [
  {
    name: 'sources',
    rows_of: 'item',
    key: ['number'],
    columns: [
      { name: 'number', type: 'int32', nullable: false },
      { name: 'made_by', type: 'text', nullable: false },
      { name: 'flags', type: 'flags', bits: [{ bit: 0, name: 'edge', description: 'at the edge' }] },
    ],
  },
  { name: 'summary', rows_of: 'sub_group', columns: [{ name: 'made_by', type: 'text', nullable: false }] },
];

export interface Places {
  /** Where runs are processed, and raw files lie. */
  readonly base: string;
  readonly publicBase: string;
  readonly program: string;
}

/** Files that arrive and change, and the pipeline of two steps that takes them: frames of a field are reduced, and combined. */
export class Archive {
  private fields = 0;

  private constructor(
    private readonly dataSource: DataSource,
    private readonly places: Places,
  ) {}

  static async open(dataSource: DataSource, places: Places): Promise<Archive> {
    await mkdir(join(places.base, RAW), { recursive: true });
    await mkdir(places.program, { recursive: true });
    await dataSource.transaction(async (manager) => {
      const stored = await loadStoredDefinitions(manager);
      const plan = planDefinitions(parseDefinitions(definitionsOf(places), knownNames(stored)), stored);
      if (plan.problems.length > 0) throw new Error(plan.problems.map(({ message }) => message).join('\n'));
      await writePlan(manager, plan, 'faults');
      await makeResultTables(manager, plan);
    });
    return new Archive(dataSource, places);
  }

  /** One more field, whose files all arrive at once; nothing arrives while somebody holds a lock. */
  async observe(): Promise<void> {
    const number = this.fields + 1;
    const records: RawFileRecord[] = [];
    for (let frame = 1; frame <= FRAMES; frame += 1)
      for (let part = 1; part <= PARTS; part += 1)
        records.push(await this.record(`${number}-${frame}-${part}`, 'first'));
    const known = await unlessLocked(this.dataSource, (manager) => insertRawFiles(manager, records));
    if (known !== null) this.fields = number;
  }

  /** One file gets other bytes: what was made of it is stale. The file's name; null when nothing was changed. */
  async revise(random: Random): Promise<string | null> {
    if (this.fields === 0) return null;
    const name = `${random.whole(1, this.fields)}-${random.whole(1, FRAMES)}-${random.whole(1, PARTS)}`;
    const record = await this.record(name, `${random.next()}`);
    const isDone = await unlessLocked(this.dataSource, async (manager) => {
      await replaceRawFileContents(manager, [record]);
      return true;
    });
    return isDone === null ? null : name;
  }

  /** What ended without a result, and nobody works on, is asked for again. How many sub-groups that are. */
  async askAgain(): Promise<number> {
    const asked = await unlessLocked(this.dataSource, async (manager) => {
      const left = await queryRows<{ step: string; dims: JsonObject }>(
        manager,
        sql`SELECT step.name AS step, sub_group.common_dims AS dims FROM sub_group JOIN reduction_step step ON step.id = sub_group.step_id
            WHERE sub_group.state IN ('failed', 'waived')`,
      );
      const pipeline = await queryRow<{ id: number }>(
        manager,
        sql`SELECT id FROM pipeline WHERE name = ${PIPELINE}`,
      );
      for (const { step, dims } of left)
        await forceSubGroups(manager, {
          pipelineId: pipeline?.id ?? 0,
          selection: dims as Record<string, string | number>,
          steps: [step],
          actor: 'person',
        });
      return left.length;
    });
    return asked ?? 0;
  }

  private async record(name: string, revision: string): Promise<RawFileRecord> {
    const [field, frame, part] = name.split('-').map(Number);
    await writeFile(join(this.places.base, RAW, `${name}.fits`), 'raw\n');
    const locationId = await idOfLocation(this.dataSource.manager, SITE);
    return {
      ...{ externalId: name, name: `${name}.fits`, locationId, path: `${RAW}/${name}.fits`, sizeBytes: 4 },
      dims: { dataset: 'sky', field: field ?? 0, frame: frame ?? 0, part: part ?? 0 },
      contentHash: createHash('sha256').update(`${name} ${revision}`).digest('hex'),
      ...{ obsTime: null, obsTimeEnd: null, raDeg: null, decDeg: null, metadata: {} },
      ...{ packageId: null, executedObsUnitId: null, moduleId: null },
    };
  }
}

async function idOfLocation(manager: EntityManager, name: string): Promise<number> {
  const row = await queryRow<{ id: number }>(manager, sql`SELECT id FROM data_location WHERE name = ${name}`);
  if (row === undefined) throw new Error(`there is no location ${name}`);
  return row.id;
}

function definitionsOf({ base, publicBase, program }: Places): object {
  const step = {
    ...{ software: SOFTWARE, resources: RESOURCES, retry: RETRY, retention: RETENTION },
    quality: [{ metric: 'snr', min: 5, warn_below: 10 }],
    publication: {
      to: 'public',
      types: ['SCIENCE'],
      max_attempts: PUBLICATION_ATTEMPTS,
      gate: { worst: 'WARN', companions: ['PLOT'] },
    },
  };
  const [reduce, combine] = STEPS;
  return {
    software: [
      {
        ...{ name: SOFTWARE, version: '1.0.0', host_directory: program, tables: TABLES },
        digest: `sha256:${createHash('sha256').update(SOFTWARE).digest('hex')}`,
        command: ['/bin/sh', '{software_dir}/reduce.sh', '{output_dir}'],
      },
    ],
    locations: [
      { name: SITE, kind: 'PROCESSING', base_path: base, backend: 'fake', runtime: 'host', ...WATER_MARKS },
      { name: 'public', kind: 'LONG_TERM_ARCHIVE', base_path: publicBase },
    ],
    groupings: [{ name: 'sky', filter: [{ dim: 'dataset', operator: 'eq', value: 'sky' }] }],
    pipelines: [
      {
        ...{ name: PIPELINE, grouping: 'sky', location: 'site', trigger: 'CONTINUOUS' },
        steps: [
          { ...step, name: reduce, group_by: ['field', 'frame'] },
          {
            ...{ ...step, name: combine, group_by: ['field'] },
            ...{ depends_on: [reduce], inputs: { types: ['SCIENCE'] }, min_members: FRAMES },
          },
        ],
      },
    ],
  };
}
