import type { Command } from 'commander';
import type { Dims } from '@meridian/core';
import type { Gap } from '../api/api-types.js';
import { EXIT_CODES } from '../cli-error.js';
import type { ExitCode } from '../cli-error.js';
import { examples, printJson } from '../command-context.js';
import type { CommandContext, Runner } from '../command-context.js';
import { formatAgo, formatDims } from '../terminal/formats.js';
import { paintState } from '../terminal/state-colors.js';
import { renderTable } from '../terminal/table.js';
import { collectDims, dimsQuery } from './dims-option.js';
import { fetchExplanation, printExplanation } from './explain-gap.js';
import { parseLimit } from './limit-option.js';

interface GapsOptions {
  readonly pipeline?: string;
  readonly step?: string;
  readonly state?: string;
  readonly dims?: Dims;
  readonly limit: number;
  readonly explain?: string;
}

export function addGapsCommand(program: Command, run: Runner): void {
  program
    .command('gaps')
    .description('What is missing or out of date, and why')
    .option('--pipeline <name>', 'only of this pipeline')
    .option('--step <name>', 'only of this step')
    .option('--state <state>', 'only in this state, "current" included (default: every state but current)')
    .option('--dims <name=value>', 'only sub-groups with this dimension (repeatable)', collectDims)
    .option('--limit <n>', 'at most so many', parseLimit, 200)
    .option('--explain <sub-group>', 'all about one: its id, or pipeline/step with --dims')
    .addHelpText(
      'after',
      examples(
        'gaps',
        'gaps --pipeline m17 --state failed',
        'gaps --dims filter=k --json',
        'gaps --explain 12',
        'gaps --explain m17/mosaic --dims filter=k',
      ),
    )
    .action((options: GapsOptions, command: Command) =>
      run(command, (context) => {
        const { explain: name, dims = {} } = options;
        return name === undefined ? gaps(context, options) : explain(context, name, dims);
      }),
    );
}

async function gaps(
  context: CommandContext,
  { pipeline, step, state, dims, limit }: GapsOptions,
): Promise<ExitCode> {
  const found = await context
    .connect()
    .list<Gap>('/gaps', { pipeline, step, state, ...dimsQuery(dims ?? {}) }, limit);
  if (context.json) printJson(context, found);
  else if (found.length === 0) context.terminal.print('Nothing is missing or out of date.');
  else context.terminal.print(gapTable(found, context, new Date()));
  return EXIT_CODES.ok;
}

async function explain(context: CommandContext, name: string, dims: Dims): Promise<ExitCode> {
  const explained = await fetchExplanation(context.connect(), name, dims);
  if (context.json) printJson(context, explained);
  else printExplanation(context.terminal, explained, new Date());
  return EXIT_CODES.ok;
}

/** Sub-groups with their state and what stands in the way, in words. */
export function gapTable(
  found: readonly Gap[],
  { terminal }: Pick<CommandContext, 'terminal'>,
  now: Date,
): string {
  const rows = found.map((gap) => [
    String(gap.sub_group_id),
    gap.pipeline,
    gap.step,
    formatDims(gap.dims),
    paintState(gap.state, terminal.colors),
    gap.explanation,
    formatAgo(gap.state_since, now),
    String(gap.last_run?.id ?? ''),
  ]);
  return renderTable(
    {
      head: ['id', 'pipeline', 'step', 'sub-group', 'state', 'why', 'since', 'last run'],
      rows,
      right: [0, 7],
    },
    terminal.colors,
  );
}
