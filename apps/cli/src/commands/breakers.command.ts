import type { Command } from 'commander';
import type { Breaker } from '../api/api-types.js';
import { EXIT_CODES } from '../cli-error.js';
import type { ExitCode } from '../cli-error.js';
import { examples, printJson } from '../command-context.js';
import type { CommandContext, Runner } from '../command-context.js';
import { formatAgo } from '../terminal/formats.js';
import { renderTable } from '../terminal/table.js';
import { parseId } from './parse-id.js';

interface BreakersOptions {
  readonly all?: boolean;
}

export function addBreakersCommand(program: Command, run: Runner): void {
  const breakers = program
    .command('breakers')
    .description('Circuit breakers: steps that failed too often at a location and wait to be tried again')
    .option('--all', 'closed ones, too')
    .addHelpText('after', examples('breakers', 'breakers --all', 'breakers reset 3'))
    .action((options: BreakersOptions, command: Command) =>
      run(command, (context) => list(context, options.all === true)),
    );
  breakers
    .command('reset')
    .description('Let the step run there again at once')
    .argument('<id>', 'which one', (text) => parseId(text, 'circuit breaker', 'breakers'))
    .action((id: number, _options: unknown, command: Command) =>
      run(command, (context) => reset(context, id)),
    );
}

async function list(context: CommandContext, all: boolean): Promise<ExitCode> {
  const found = await context.connect().list<Breaker>('/breakers');
  const shown = all ? found : found.filter(isOpen);
  if (context.json) printJson(context, shown);
  else if (shown.length === 0) context.terminal.print('No circuit breaker is open.');
  else context.terminal.print(breakerTable(shown, context, new Date()));
  return EXIT_CODES.ok;
}

async function reset(context: CommandContext, id: number): Promise<ExitCode> {
  const breaker = await context.connect().post<Breaker>(`/breakers/${id}/reset`, {});
  if (context.json) printJson(context, breaker);
  else
    context.terminal.print(
      `Circuit breaker ${id} is closed: ${breaker.pipeline}/${breaker.step} runs at ${breaker.location} again.`,
    );
  return EXIT_CODES.ok;
}

export const isOpen = ({ state }: Breaker): boolean => state !== 'closed';

/** Breakers as a table: what failed, how it failed last, and what happens next. */
export function breakerTable(
  breakers: readonly Breaker[],
  { terminal }: Pick<CommandContext, 'terminal'>,
  now: Date,
): string {
  const { colors } = terminal;
  const rows = breakers.map((breaker) => [
    String(breaker.id),
    `${breaker.pipeline}/${breaker.step}`,
    breaker.location,
    breaker.failure_class,
    isOpen(breaker) ? colors.red(breaker.state.replace('_', '-')) : breaker.state,
    `${breaker.failures} of ${breaker.outcomes}`,
    breaker.last_failure,
    whatNext(breaker, now),
  ]);
  const head = ['breaker', 'step', 'location', 'class', 'state', 'failed', 'last failure', 'next'];
  return renderTable({ head, rows, right: [0] }, colors);
}

function whatNext(
  { state, probe_run_id: probe, retry_at, closed_at, closed_by }: Breaker,
  now: Date,
): string {
  if (state === 'closed') return `closed ${formatAgo(closed_at, now)} by ${closed_by ?? 'nobody'}`;
  if (probe !== null) return `run ${probe} tries it now`;
  return state === 'open' ? `one run tries it at ${retry_at}` : 'the next run tries it';
}
