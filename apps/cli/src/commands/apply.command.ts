import type { Command } from 'commander';
import { EXIT_CODES } from '../cli-error.js';
import type { ExitCode } from '../cli-error.js';
import { examples, printJson } from '../command-context.js';
import type { CommandContext, Runner } from '../command-context.js';
import type { DefinitionChange } from '../api/api-types.js';
import { mergeDefinitions, readDefinitions } from '../definitions/definitions-file.js';
import { renderTable } from '../terminal/table.js';
import type { Terminal } from '../terminal/terminal.js';

export function addApplyCommand(program: Command, run: Runner): void {
  program
    .command('apply')
    .description('Apply definitions files: software, locations, pools, groupings and pipelines')
    .argument('<files...>', 'YAML or JSON files; together they are applied in one transaction')
    .option('-n, --dry-run', 'show what would change, and change nothing')
    .addHelpText('after', examples('apply pipeline.yaml --dry-run', 'apply software.yaml pipeline.yaml'))
    .action((files: string[], options: { dryRun?: boolean }, command: Command) =>
      run(command, (context) => apply(context, files, options.dryRun === true)),
    );
}

async function apply(context: CommandContext, files: readonly string[], dryRun: boolean): Promise<ExitCode> {
  const definitions = mergeDefinitions(files.map(readDefinitions));
  const changes = await context
    .connect()
    .post<DefinitionChange[]>(dryRun ? '/definitions/diff' : '/definitions/apply', definitions);
  if (context.json) printJson(context, { dry_run: dryRun, changes });
  else printChanges(context.terminal, changes, dryRun);
  return EXIT_CODES.ok;
}

/** What changed, as a table; the unchanged only as a number. */
export function printChanges(
  terminal: Terminal,
  changes: readonly DefinitionChange[],
  dryRun: boolean,
): void {
  const { colors } = terminal;
  const paint = { created: colors.green, updated: colors.yellow, retired: colors.red, unchanged: colors.dim };
  const changed = changes.filter((one) => one.change !== 'unchanged');
  if (changed.length > 0) {
    const rows = changed.map((one) => [
      paint[one.change](one.change),
      one.kind,
      one.name,
      one.fields.join(', '),
    ]);
    terminal.print(renderTable({ head: ['change', 'kind', 'name', 'what'], rows }, colors));
  }
  const unchanged = changes.length - changed.length;
  const stale = changed.filter(
    (one) => one.change === 'updated' && one.fields.includes('recipe_hash'),
  ).length;
  if (stale > 0)
    terminal.print(
      `${stale} step(s) have a new recipe: their results ${dryRun ? 'would become' : 'are now'} stale.`,
    );
  terminal.print(`${changed.length} ${dryRun ? 'would change' : 'changed'}, ${unchanged} unchanged.`);
}
