import type { Command } from 'commander';
import { fetchLineage } from '../api/fetch-lineage.js';
import { lineageTree } from '../api/lineage-tree.js';
import { EXIT_CODES } from '../cli-error.js';
import type { ExitCode } from '../cli-error.js';
import { examples, printJson } from '../command-context.js';
import type { CommandContext, Runner } from '../command-context.js';
import { renderTree } from '../terminal/tree.js';
import { parseId } from './parse-id.js';

export function addLineageCommand(program: Command, run: Runner): void {
  program
    .command('lineage')
    .description('What an item is made from, and what was made from it')
    .argument('<item>', 'id of a product or a raw file')
    .addHelpText('after', examples('lineage 42', 'lineage 42 --json'))
    .action((id: string, _options: unknown, command: Command) =>
      run(command, (context) => lineage(context, parseId(id, 'data item', 'products'))),
    );
}

async function lineage(context: CommandContext, id: number): Promise<ExitCode> {
  const client = context.connect();
  const [up, down] = [await fetchLineage(client, id, 'up'), await fetchLineage(client, id, 'down')];
  if (context.json) {
    printJson(context, { item: id, up, down });
    return EXIT_CODES.ok;
  }
  const { terminal } = context;
  terminal.print(terminal.colors.bold('Made from'));
  for (const line of renderTree(lineageTree(up, id, 'up'))) terminal.print(line);
  terminal.print(terminal.colors.bold('\nUsed for'));
  for (const line of renderTree(lineageTree(down, id, 'down'))) terminal.print(line);
  return EXIT_CODES.ok;
}
