import type { Command } from 'commander';
import type { ItemGap } from '../api/item-gap-types.js';
import { EXIT_CODES } from '../cli-error.js';
import type { ExitCode } from '../cli-error.js';
import { printJson } from '../command-context.js';
import type { CommandContext, Runner } from '../command-context.js';
import { renderTable } from '../terminal/table.js';
import { parseLimit } from './limit-option.js';

interface ItemGapsOptions {
  readonly pipeline: string;
  readonly step: string;
  readonly limit: number;
}

/** `tables gaps`. */
export function addItemGapsCommand(tables: Command, run: Runner): void {
  tables
    .command('gaps')
    .description(
      'Items without a good row: those that failed in the last run of a step, or of which it said nothing',
    )
    .requiredOption('--pipeline <name>', 'the pipeline')
    .requiredOption('--step <name>', 'the step that fills the tables')
    .option('--limit <n>', 'at most so many', parseLimit, 100)
    .action((options: ItemGapsOptions, command: Command) =>
      run(command, (context) => itemGaps(context, options)),
    );
}

async function itemGaps(
  context: CommandContext,
  { pipeline, step, limit }: ItemGapsOptions,
): Promise<ExitCode> {
  const found = await context.connect().list<ItemGap>('/item-gaps', { pipeline, step }, limit);
  if (context.json) printJson(context, found);
  else if (found.length === 0) context.terminal.print('Every item has what its last run was to give it.');
  else context.terminal.print(itemGapTable(found, context));
  return EXIT_CODES.ok;
}

/** Items as a table, with what will become of each. */
export function itemGapTable(
  found: readonly ItemGap[],
  { terminal }: Pick<CommandContext, 'terminal'>,
): string {
  const rows = found.map((gap) => [
    String(gap.item_id),
    gap.name,
    gap.failure_class === '' ? gap.outcome : `${gap.outcome}: ${gap.failure_class}`,
    String(gap.run_id),
    whatNext(gap),
    gap.reason,
  ]);
  const head = ['item', 'file', 'outcome', 'run', 'next', 'reason'];
  return renderTable({ head, rows, right: [0, 3] }, terminal.colors);
}

function whatNext({ pending, is_retried: isRetried }: ItemGap): string {
  if (pending !== null) return `${pending.state} (sub-group ${pending.sub_group_id})`;
  return isRetried ? 'retry-items' : 'retry-items --class';
}
