import type { Command } from 'commander';
import type { RetriedItems } from '../api/item-gap-types.js';
import { EXIT_CODES } from '../cli-error.js';
import type { ExitCode } from '../cli-error.js';
import { examples, printJson } from '../command-context.js';
import type { CommandContext, Runner } from '../command-context.js';
import { parseId } from './parse-id.js';

interface RetryItemsOptions {
  readonly pipeline: string;
  readonly step: string;
  readonly class?: readonly string[];
  readonly item?: readonly number[];
}

const collect = (text: string, earlier: readonly string[] = []): string[] => [...earlier, text];
const collectId = (text: string, earlier: readonly number[] = []): number[] => [
  ...earlier,
  parseId(text, 'item', 'tables gaps'),
];

export function addRetryItemsCommand(program: Command, run: Runner): void {
  program
    .command('retry-items')
    .description('Process the items again that failed in runs that are complete, and no others')
    .requiredOption('--pipeline <name>', 'the pipeline')
    .requiredOption('--step <name>', 'the step; it must bundle items')
    .option(
      '--class <class>',
      'only failures of this class, even one that is not tried again by itself (repeatable)',
      collect,
    )
    .option('--item <id>', 'only this item (repeatable)', collectId)
    .addHelpText(
      'after',
      examples(
        'retry-items --pipeline survey --step measure',
        'retry-items --pipeline survey --step measure --class BAD_DATA',
      ),
    )
    .action((options: RetryItemsOptions, command: Command) =>
      run(command, (context) => retryItems(context, options)),
    );
}

async function retryItems(
  context: CommandContext,
  { pipeline, step, class: classes, item }: RetryItemsOptions,
): Promise<ExitCode> {
  const answer = await context
    .connect()
    .post<RetriedItems>('/item-gaps/retry', { pipeline, step, classes, item_ids: item });
  if (context.json) printJson(context, answer);
  else context.terminal.print(retriedInWords(answer));
  return EXIT_CODES.ok;
}

/** One sentence for each thing that is so. */
export function retriedInWords({ items, sub_groups, not_retried, pending, is_more }: RetriedItems): string {
  return [
    items === 0
      ? 'No item is to be processed again.'
      : `${items} items will be processed again, in ${sub_groups} new sub-groups.`,
    ...(pending > 0 ? [`${pending} are at work already, or wait for it.`] : []),
    ...(not_retried > 0
      ? [
          `${not_retried} failed in a way that is not tried again by itself: see "meridian tables gaps", and --class.`,
        ]
      : []),
    ...(is_more ? ['There are more: say it again.'] : []),
  ].join('\n');
}
