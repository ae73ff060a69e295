import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { registerRawFiles } from './raw-files.js';
import type { MeridianHome } from './meridian-home.js';

/**
 * A program that keeps its own books: every execution appends its run to a file that Meridian knows nothing of, so that a
 * test can count executions without believing what it tests.
 */
const PROGRAM = `
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
const manifest = JSON.parse(readFileSync(process.env.WORKFLOW_MANIFEST, 'utf8'));
appendFileSync(manifest.config.books, manifest.step + ' ' + manifest.run.id + '\\n');
await sleep(manifest.config.seconds * 1000);
const text = manifest.inputs.map((input) => readFileSync(input.path, 'utf8')).sort().join('');
writeFileSync(process.env.WORKFLOW_OUTPUT_DIR + '/result.txt', text);
`;

export interface CountingPipeline {
  readonly name: string;
  readonly fileCount: number;
  /** `step run` per execution, in the order of their starts. */
  executions(): string[];
}

/** Two steps (one run per file, one over all) over `fileCount` small files, applied and ingested: its runs start at once. */
export async function startCountingPipeline(
  home: MeridianHome,
  name: string,
  fileCount: number,
  seconds: number,
): Promise<CountingPipeline> {
  const folder = join(home.directory, 'data', name);
  const books = join(folder, 'books.txt');
  mkdirSync(join(folder, 'raw'), { recursive: true });
  mkdirSync(join(folder, 'program'));
  appendFileSync(books, '');
  writeFileSync(join(folder, 'program', 'count.mjs'), PROGRAM);
  const definitions = definitionsOf(name, books, seconds, join(home.directory, 'work'), join(folder, 'raw'));
  writeFileSync(join(folder, 'pipeline.yaml'), JSON.stringify(definitions));
  await home.mustMeridian('apply', join(folder, 'pipeline.yaml'));
  const numbers = Array.from({ length: fileCount }, (_, index) => index + 1);
  await registerRawFiles(home, {
    location: `${name}-raw`,
    folder: join(folder, 'raw'),
    contents: Object.fromEntries(numbers.map((n) => [`${n}.fits`, `${name} ${n}\n`])),
    dims: { dataset: name },
  });
  return { name, fileCount, executions: () => readFileSync(books, 'utf8').split('\n').filter(Boolean) };
}

function definitionsOf(name: string, books: string, seconds: number, base: string, raw: string) {
  const resources = { cpus: 1, memory_mb: 64, walltime_minutes: 5 };
  const step = {
    software: `count-${name}`,
    config: { books, seconds },
    resources,
    outputs: { required: [{ pattern: 'result.txt' }], rules: [{ pattern: 'result.txt', type: 'SCIENCE' }] },
  };
  return {
    software: [
      {
        name: `count-${name}`,
        version: '1.0.0',
        directory: 'program',
        files: ['count.mjs'],
        command: ['node', '{software_dir}/count.mjs'],
        config_schema: {
          type: 'object',
          properties: { books: { type: 'string', 'x-role': 'runtime' }, seconds: { type: 'number' } },
        },
      },
    ],
    locations: [
      { name: 'e2e-local', kind: 'PROCESSING', base_path: base, backend: 'local', runtime: 'host' },
      { name: `${name}-raw`, kind: 'SOURCE', base_path: raw },
    ],
    groupings: [{ name, filter: { all: [{ dim: 'dataset', operator: 'eq', value: name }] } }],
    pipelines: [
      {
        name,
        grouping: name,
        location: 'e2e-local',
        trigger: 'CONTINUOUS',
        steps: [
          { ...step, name: 'each', group_by: ['raw_data_file'] },
          { ...step, name: 'all', depends_on: ['each'], group_by: [] },
        ],
      },
    ],
  };
}
