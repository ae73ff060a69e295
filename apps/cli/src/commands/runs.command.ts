import type { Command } from 'commander';
import { RUN_STATUSES, type Dims } from '@meridian/core';
import type { Run, SaidProgress, StepRuns } from '../api/api-types.js';
import { CliError, EXIT_CODES } from '../cli-error.js';
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
  readonly count?: boolean;
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
    .option('--count', 'how many there are of each step, by status')
    .addHelpText(
      'after',
      examples(
        'runs --limit 10',
        'runs --status FAILED',
        'runs --pipeline m17 --step mosaic --json',
        'runs --count --pipeline m17',
      ),
    )
    .action((options: RunsOptions, command: Command) =>
      run(command, (context) =>
        options.count === true ? countRuns(context, options) : runs(context, options),
      ),
    );
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

async function countRuns(
  context: CommandContext,
  { pipeline, step, status, dims }: RunsOptions,
): Promise<ExitCode> {
  if (dims !== undefined)
    throw new CliError({
      message: 'Runs are counted by pipeline, step and status, not by dimension.',
      action: 'Leave out --dims, or list the runs without --count.',
      exitCode: EXIT_CODES.usage,
    });
  const counts = await context
    .connect()
    .get<readonly StepRuns[]>('/runs/summary', { pipeline, step, status: status?.toUpperCase() });
  if (context.json) printJson(context, counts);
  else if (counts.length === 0) context.terminal.print('There is no such run.');
  else context.terminal.print(runCountTable(counts, context));
  return EXIT_CODES.ok;
}

/** A line for each step and one for all, a column for each status that there is. */
export function runCountTable(
  counts: readonly StepRuns[],
  { terminal }: Pick<CommandContext, 'terminal'>,
): string {
  const present = RUN_STATUSES.filter((status) => counts.some(({ statuses }) => status in statuses));
  const cells = (steps: readonly StepRuns[]): string[] => {
    const each = present.map((status) =>
      steps.reduce((sum, { statuses }) => sum + (statuses[status] ?? 0), 0),
    );
    return [
      ...each.map((count) => (count === 0 ? '' : String(count))),
      String(each.reduce((a, b) => a + b, 0)),
    ];
  };
  const rows = counts.map((one) => [one.pipeline, one.step, ...cells([one])]);
  const head = ['pipeline', 'step', ...present.map((status) => paintState(status, terminal.colors)), 'all'];
  const right = [...present, 'all'].map((_, index) => index + 2);
  return renderTable({ head, rows: [...rows, ['all', '', ...cells(counts)]], right }, terminal.colors);
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
    whyOf(run),
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

function whyOf(run: Run): string {
  if (run.status === 'FAILED') return `${run.failure_class ?? ''}: ${run.failure_reason ?? ''}`;
  if (run.status === 'RUNNING' && run.progress !== null) return progressInWords(run.progress);
  return run.waiting_reason ?? run.causes.join(', ');
}

const BAR = 10;

/** A bar, as far as it goes, and what the program said. */
export function progressInWords({ fraction, message, items_done, items_total }: SaidProgress): string {
  const filled = Math.floor(BAR * (fraction ?? 0));
  const bar =
    fraction === null
      ? []
      : [`${'█'.repeat(filled)}${'·'.repeat(BAR - filled)} ${Math.floor(fraction * 100)} %`];
  const items =
    items_done === null ? [] : [items_total === null ? `${items_done}` : `${items_done}/${items_total}`];
  return [...bar, ...items, ...(message === '' ? [] : [message])].join('  ');
}
