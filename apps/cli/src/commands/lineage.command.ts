import type { Command } from 'commander';
import type { Lineage } from '../api/provenance-types.js';
import { fetchLineage, type LineageRequest } from '../api/fetch-lineage.js';
import { lineageTree, lineageTreeOfRuns, type LineageDirection } from '../api/lineage-tree.js';
import { EXIT_CODES } from '../cli-error.js';
import type { ExitCode } from '../cli-error.js';
import { examples, printJson } from '../command-context.js';
import type { CommandContext, Runner } from '../command-context.js';
import { renderTree } from '../terminal/tree.js';
import { parseLimit } from './limit-option.js';
import { parseSubjectArgument } from './subject-argument.js';

interface LineageOptions extends LineageRequest {
  readonly up?: boolean;
  readonly down?: boolean;
}

export function addLineageCommand(program: Command, run: Runner): void {
  program
    .command('lineage')
    .description('What something is made from, and what was made from it')
    .argument(
      '<subject>',
      'id of a product or a raw file, or run:5, a software version as name@version, or host:node17',
    )
    .option('--up', 'only what it is made from')
    .option('--down', 'only what was made from it')
    .option('--depth <runs>', 'only so many runs away (default: all)', parseLimit)
    .option('--limit <edges>', 'at most so many uses and makings (default: 20000)', parseLimit)
    .addHelpText(
      'after',
      examples('lineage 42', 'lineage run:5 --up --depth 2', 'lineage extract@1.2.0 --down --json'),
    )
    .action((subject: string, options: LineageOptions, command: Command) =>
      run(command, (context) =>
        lineage(context, parseSubjectArgument(subject, ['item', 'run', 'software', 'host']), options),
      ),
    );
}

const TITLES: Readonly<Record<LineageDirection, string>> = { up: 'Made from', down: 'Used for' };

async function lineage(
  context: CommandContext,
  of: string,
  { up, down, ...request }: LineageOptions,
): Promise<ExitCode> {
  const client = context.connect();
  const both = up === down;
  const directions = (['up', 'down'] as const).filter((one) => both || (one === 'up' ? up : down) === true);
  const found: [LineageDirection, Lineage][] = [];
  for (const direction of directions)
    found.push([direction, await fetchLineage(client, of, direction, request)]);
  if (context.json) {
    printJson(context, { of, ...itemOf(of), ...Object.fromEntries(found) });
    return EXIT_CODES.ok;
  }
  const { terminal } = context;
  for (const [direction, answer] of found) {
    terminal.print(terminal.colors.bold(`${direction === directions[0] ? '' : '\n'}${TITLES[direction]}`));
    for (const line of lineagePage(answer, of, direction)) terminal.print(line);
  }
  return EXIT_CODES.ok;
}

/** A lineage for people: the tree, and whether there is more. */
export function lineagePage(answer: Lineage, of: string, direction: LineageDirection): string[] {
  const { item } = itemOf(of);
  const tree =
    item === undefined ? lineageTreeOfRuns(answer, of, direction) : lineageTree(answer, item, direction);
  const more = 'There is more than is shown: see --depth and --limit.';
  return [...renderTree(tree), ...(answer.truncated ? [more] : [])];
}

const itemOf = (of: string): { readonly item?: number } =>
  of.startsWith('item:') ? { item: Number(of.slice('item:'.length)) } : {};
