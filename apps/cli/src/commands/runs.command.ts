import type { Command } from 'commander';
import type { Dims } from '@meridian/core';
import type { Run } from '../api/api-types.js';
import { EXIT_CODES } from '../cli-error.js';
import type { ExitCode } from '../cli-error.js';
import { examples, printJson } from '../command-context.js';
import type { CommandContext, Runner } from '../command-context.js';
import { formatAgo, formatDims } from '../terminal/formats.js';
import { paintState } from '../terminal/state-colors.js';
import { renderTable } from '../terminal/table.js';
import { collectDims, dimsQuery } from './dims-option.js';
import { parseLimit } from './limit-option.js';

interface RunsOptions {
  readonly pipeline?: string;
  readonly step?: string;
  readonly status?: string;
  readonly dims?: Dims;
  readonly limit: number;
}

export function addRunsCommand(program: Command, run: Runner): void {
  program
    .command('runs')
    .description('Runs, newest first')
    .option('--pipeline <name>', 'only of this pipeline')
    .option('--step <name>', 'only of this step')
    .option('--status <status>', 'only with this status, for example FAILED')
    .option('--dims <name=value>', 'only with this dimension (repeatable)', collectDims)
    .option('--limit <n>', 'at most so many', parseLimit, 50)
    .addHelpText(
      'after',
      examples('runs --limit 10', 'runs --status FAILED', 'runs --pipeline m17 --step mosaic --json'),
    )
    .action((options: RunsOptions, command: Command) => run(command, (context) => runs(context, options)));
}

async function runs(
  context: CommandContext,
  { pipeline, step, status, dims, limit }: RunsOptions,
): Promise<ExitCode> {
  const found = await context
    .connect()
    .list<Run>('/runs', { pipeline, step, status: status?.toUpperCase(), ...dimsQuery(dims ?? {}) }, limit);
  if (context.json) printJson(context, found);
  else if (found.length === 0) context.terminal.print('There is no such run.');
  else context.terminal.print(runTable(found, context, new Date()));
  return EXIT_CODES.ok;
}

/** Runs as a table, with what each waits for or failed of. */
export function runTable(
  found: readonly Run[],
  { terminal }: Pick<CommandContext, 'terminal'>,
  now: Date,
): string {
  const rows = found.map((run) => [
    String(run.id),
    run.pipeline,
    run.step,
    formatDims(run.dims),
    paintState(run.status, terminal.colors),
    String(run.attempt),
    run.status === 'FAILED'
      ? `${run.failure_class ?? ''}: ${run.failure_reason ?? ''}`
      : (run.waiting_reason ?? run.causes.join(', ')),
    formatAgo(run.created_at, now),
  ]);
  return renderTable(
    {
      head: ['run', 'pipeline', 'step', 'sub-group', 'status', 'attempt', 'why', 'created'],
      rows,
      right: [0, 5],
    },
    terminal.colors,
  );
}
