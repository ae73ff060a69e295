import type { Command } from 'commander';
import type { Rebuild } from '../api/audit-types.js';
import { EXIT_CODES, type ExitCode } from '../cli-error.js';
import { examples, printJson, type CommandContext, type Runner } from '../command-context.js';
import { renderTable } from '../terminal/table.js';

const WAIT_SECONDS = 25;

export function addRebuildCommand(program: Command, run: Runner): void {
  program
    .command('rebuild')
    .description(
      'Make records of runs and products again from what attempts left, after a loss of the database',
    )
    .argument('<location>', 'name of the location where they ran')
    .option('--dry-run', 'only say what would be rebuilt')
    .addHelpText('after', examples('rebuild cluster --dry-run', 'rebuild cluster'))
    .action((location: string, { dryRun = false }: { dryRun?: boolean }, command: Command) =>
      run(command, (context) => rebuild(context, location, dryRun)),
    );
}

async function rebuild(context: CommandContext, location: string, dryRun: boolean): Promise<ExitCode> {
  const client = context.connect();
  let found = await client.post<Rebuild>(`/locations/${encodeURIComponent(location)}/rebuilds`, {
    dry_run: dryRun,
  });
  while (found.state !== 'done' && found.state !== 'failed')
    found = await client.get<Rebuild>(`/rebuilds/${found.id}`, { wait_seconds: WAIT_SECONDS });
  if (context.json) printJson(context, found);
  else context.terminal.print(rebuildPage(found, context));
  return found.state === 'failed' || found.problems.length > 0 ? EXIT_CODES.failed : EXIT_CODES.ok;
}

/** What was made again, and what not and why, for people. */
export function rebuildPage(
  { location, dry_run: dryRun, state, counts, problems, problem }: Rebuild,
  { terminal }: Pick<CommandContext, 'terminal'>,
): string {
  if (state === 'failed') return `location ${location} could not be rebuilt: ${problem ?? ''}`;
  const count = (name: string): number => counts[name] ?? 0;
  const lines = [
    `${count('found')} attempts at ${location}: ${count('known')} have a record, ${count('rebuilt')} ${dryRun ? 'would be' : 'were'} rebuilt ` +
      `with ${count('products')} products, of which ${count('lost_files')} files are gone`,
    `${count('remade')} only made products again, ${count('unfinished')} did not end, ${count('failed')} failed: they have nothing to register`,
    `${count('problems')} could not be rebuilt`,
  ];
  if (problems.length === 0) return lines.join('\n');
  const rows = problems.map(({ directory, reason }) => [directory, reason]);
  return [...lines, '', renderTable({ head: ['attempt', 'why'], rows, right: [] }, terminal.colors)].join(
    '\n',
  );
}
