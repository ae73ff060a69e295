import type { Command } from 'commander';
import type { Reprocessing, Taint } from '../api/provenance-types.js';
import { EXIT_CODES } from '../cli-error.js';
import type { ExitCode } from '../cli-error.js';
import { examples, printJson } from '../command-context.js';
import type { CommandContext, Runner } from '../command-context.js';
import { renderTable } from '../terminal/table.js';
import { parseLimit } from './limit-option.js';
import { parseId } from './parse-id.js';
import { parseSubjectArgument } from './subject-argument.js';

interface MarkOptions {
  readonly reason: string;
  readonly since?: string;
  readonly until?: string;
}

interface ListOptions {
  readonly all?: boolean;
  readonly limit: number;
}

export function addTaintCommands(program: Command, run: Runner): void {
  program
    .command('taint')
    .description(
      'Mark something bad, and with it all that was or will be made of it: none of that becomes public',
    )
    .argument('<subject>', 'id of an item, a software version as name@version, or host:node17')
    .requiredOption('--reason <text>', 'why, for the record')
    .option('--since <time>', 'of a host: only what was at work there at this time or later')
    .option('--until <time>', 'of a host: only what was at work there at this time or before')
    .addHelpText(
      'after',
      examples(
        'taint 42 --reason "light leak"',
        'taint host:node17 --since 2026-05-01T00:00:00Z --reason "bad memory"',
      ),
    )
    .action((subject: string, options: MarkOptions, command: Command) =>
      run(command, (context) =>
        mark(context, parseSubjectArgument(subject, ['item', 'software', 'host']), options),
      ),
    );
  program
    .command('untaint')
    .description('Lift a taint: what it reached is bad no longer')
    .argument('<taint>', 'id of the taint')
    .requiredOption('--reason <text>', 'why, for the record')
    .action((id: string, { reason }: { reason: string }, command: Command) =>
      run(command, (context) => lift(context, parseId(id, 'taint', 'taints'), reason)),
    );
  program
    .command('taints')
    .description('What is marked bad, and how far it reaches, newest first')
    .option('--all', 'lifted ones, too')
    .option('--limit <n>', 'at most so many', parseLimit, 100)
    .action((options: ListOptions, command: Command) => run(command, (context) => list(context, options)));
  program
    .command('reprocess')
    .description('What making again would take that is bad because of a taint; with --force, have it done')
    .argument('<taint>', 'id of the taint')
    .option(
      '--force',
      'run the sub-groups again whose result was made directly with what is bad; the rest follows',
    )
    .addHelpText('after', examples('reprocess 3', 'reprocess 3 --force'))
    .action((id: string, { force }: { force?: boolean }, command: Command) =>
      run(command, (context) => reprocess(context, parseId(id, 'taint', 'taints'), force === true)),
    );
}

async function mark(context: CommandContext, of: string, options: MarkOptions): Promise<ExitCode> {
  return told(context, await context.connect().post<Taint>('/taints', { of, ...options }));
}

async function lift(context: CommandContext, id: number, reason: string): Promise<ExitCode> {
  return told(context, await context.connect().post<Taint>(`/taints/${id}/lifting`, { reason }));
}

function told(context: CommandContext, taint: Taint): ExitCode {
  if (context.json) printJson(context, taint);
  else context.terminal.print(taintInWords(taint));
  return EXIT_CODES.ok;
}

/** One taint, for people. */
export function taintInWords({
  id,
  of,
  item,
  lifted_at: lifted,
  products,
  current_products: current,
  published,
}: Taint): string {
  const what = item === null ? of : `${of} (${item})`;
  if (lifted !== null) return `taint ${id} of ${what} is lifted`;
  const withdraw = `${published} of them are public: "meridian publications --taint ${id} --state published" lists them, "meridian withdraw" takes one back`;
  return [
    `taint ${id}: ${what} is bad, and ${products} products made of it, ${current} of them not replaced`,
    ...(published === 0 ? [] : [withdraw]),
    ...(current === 0 ? [] : [`"meridian reprocess ${id}" says what making them again would take`]),
  ].join('\n');
}

async function list(context: CommandContext, { all, limit }: ListOptions): Promise<ExitCode> {
  const found = await context.connect().list<Taint>('/taints', { all }, limit);
  if (context.json) printJson(context, found);
  else if (found.length === 0) context.terminal.print('Nothing is marked bad.');
  else {
    const rows = found.map((one) => [
      String(one.id),
      one.item === null ? one.of : `${one.of} (${one.item})`,
      ...[one.products, one.current_products, one.published].map(String),
      one.marked_by,
      one.lifted_at === null ? one.reason : `${one.reason} (lifted: ${one.lifted_why ?? ''})`,
    ]);
    const head = ['id', 'what', 'products', 'not replaced', 'public', 'by', 'why'];
    context.terminal.print(renderTable({ head, rows, right: [0, 2, 3, 4] }, context.terminal.colors));
  }
  return EXIT_CODES.ok;
}

async function reprocess(context: CommandContext, id: number, force: boolean): Promise<ExitCode> {
  const client = context.connect();
  const path = `/taints/${id}/reprocessing`;
  const plan = force ? await client.post<Reprocessing>(path) : await client.get<Reprocessing>(path);
  if (context.json) printJson(context, plan);
  else context.terminal.print(reprocessingPage(plan, context));
  return EXIT_CODES.ok;
}

/** What making bad results again takes, for people. */
export function reprocessingPage(
  { steps, runs, forced }: Reprocessing,
  { terminal }: Pick<CommandContext, 'terminal'>,
): string {
  if (steps.length === 0) return 'No present result is bad because of it.';
  const rows = steps.map(({ pipeline, step, direct, following, bad_again: again }) => [
    `${pipeline}/${step}`,
    ...[direct, following, again].map(String),
  ]);
  const head = ['step', 'made with it', 'made of those', 'would be bad again'];
  const again = steps.some(({ bad_again: count }) => count > 0);
  return [
    renderTable({ head, rows, right: [1, 2, 3] }, terminal.colors),
    '',
    forced > 0
      ? `${forced} sub-groups are to be run again; what is made of them follows`
      : `It takes ${runs} runs.`,
    ...(again
      ? [
          'Some would be bad again: their step runs what is bad, or it is still among their inputs. Change that first.',
        ]
      : []),
  ].join('\n');
}
