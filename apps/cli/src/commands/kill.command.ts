import type { Command } from 'commander';
import type { KillScope } from '@meridian/core';
import type { Kill } from '../api/api-types.js';
import { CliError, EXIT_CODES } from '../cli-error.js';
import type { ExitCode } from '../cli-error.js';
import { examples, printJson } from '../command-context.js';
import type { CommandContext, Runner } from '../command-context.js';
import { nameOfKill, nextAfterKill, renderKill } from '../kill/render-kill.js';
import { waitForKill } from '../kill/wait-for-kill.js';
import { confirm } from '../terminal/confirm.js';
import { formatAgo } from '../terminal/formats.js';
import { renderTable } from '../terminal/table.js';
import { parseId } from './parse-id.js';

export interface KillOptions {
  readonly reason?: string;
  readonly yes?: boolean;
  readonly wait: boolean;
}

/** What is to be stopped; `target` is absent for everything. */
export interface KillOrder {
  readonly scope: KillScope;
  readonly target?: string;
  readonly reason: string;
  readonly wait: boolean;
}

export function addKillCommand(program: Command, run: Runner): void {
  const kill = program
    .command('kill')
    .description('Stop a run, a pipeline, a location or everything, and prove that nothing of it is alive')
    .addHelpText(
      'after',
      `${examples(
        'kill pipeline m17 --reason "wrong flat field"',
        'kill everything --reason "the cluster is on fire" --yes',
        'kill show 7',
        'kill lift 7',
      )}\n\nIt ends with 0 only when every site concerned has answered twice that nothing is alive (or, with --no-wait, when it is asked for).`,
    );
  addOrder(kill, run, { scope: 'run', argument: '<run>', description: 'Stop one run' });
  addOrder(kill, run, {
    scope: 'pipeline',
    argument: '<pipeline>',
    description: 'Pause a pipeline and stop all of its runs',
  });
  addOrder(kill, run, {
    scope: 'location',
    argument: '<location>',
    description: 'Pause a location and stop all of our jobs there',
  });
  addOrder(kill, run, {
    scope: 'everything',
    argument: null,
    description: 'Stop all runs at all locations; nothing starts until it is lifted',
  });
  kill
    .command('show')
    .description('What a kill has proven so far, or all kills')
    .argument('[kill]', 'id of the kill')
    .action((id: string | undefined, _options: unknown, command: Command) =>
      run(command, (context) =>
        id === undefined ? list(context) : show(context, parseId(id, 'kill', 'kill show')),
      ),
    );
  kill
    .command('lift')
    .description('Let things go on: end the stop of everything, or give a kill up without its proof')
    .argument('<kill>', 'id of the kill')
    .action((id: string, _options: unknown, command: Command) =>
      run(command, (context) => lift(context, parseId(id, 'kill', 'kill show'))),
    );
}

function addOrder(
  kill: Command,
  run: Runner,
  { scope, argument, description }: { scope: KillScope; argument: string | null; description: string },
): void {
  const order = kill
    .command(scope)
    .description(description)
    .option('--reason <text>', 'why, for everybody who asks why nothing runs')
    .option('--yes', 'do not ask')
    .option('--no-wait', 'do not wait for the proof');
  if (argument === null) {
    order.action((options: KillOptions, command: Command) =>
      run(command, (context) => confirmed(context, { scope }, options)),
    );
    return;
  }
  order
    .argument(argument)
    .action((target: string, options: KillOptions, command: Command) =>
      run(command, (context) => confirmed(context, { scope, target }, options)),
    );
}

async function confirmed(
  context: CommandContext,
  { scope, target }: Pick<KillOrder, 'scope' | 'target'>,
  { reason, yes, wait }: KillOptions,
): Promise<ExitCode> {
  const what = target === undefined ? scope : `${scope} ${target}`;
  if (reason === undefined) {
    throw new CliError({
      message: 'A kill needs a reason.',
      action: `meridian kill ${what} --reason "…"`,
      exitCode: EXIT_CODES.usage,
    });
  }
  // One run is what "meridian cancel" stops without asking, too.
  if (scope !== 'run' && yes !== true && !(await confirm(`Stop ${what}, and cancel all of its jobs?`))) {
    context.terminal.note('Nothing was stopped.');
    return EXIT_CODES.failed;
  }
  return orderKill(context, { scope, reason, wait, ...(target === undefined ? {} : { target }) });
}

/** Asks for a kill, waits for its proof and shows it; 0 only when nothing is alive. */
export async function orderKill(context: CommandContext, { wait, ...order }: KillOrder): Promise<ExitCode> {
  const client = context.connect();
  const opened = await client.post<Kill>('/kills', order);
  if (!wait) {
    if (context.json) printJson(context, opened);
    else
      context.terminal.print(
        `The ${nameOfKill(opened)} is under way. Follow it with: meridian kill show ${opened.id}`,
      );
    return EXIT_CODES.ok;
  }
  const showProgress = context.progress && !context.json;
  return report(context, await waitForKill(opened, { client, terminal: context.terminal, showProgress }));
}

function report(context: CommandContext, kill: Kill): ExitCode {
  const { terminal } = context;
  if (context.json) printJson(context, kill);
  else {
    for (const line of renderKill(kill, terminal.colors, new Date())) terminal.print(line);
    const next = nextAfterKill(kill);
    if (next !== null) terminal.note(`${terminal.colors.bold('next:')}  ${next}`);
  }
  return kill.state === 'settled' ? EXIT_CODES.ok : EXIT_CODES.failed;
}

const show = async (context: CommandContext, id: number): Promise<ExitCode> =>
  report(context, await context.connect().get<Kill>(`/kills/${id}`));

async function list(context: CommandContext): Promise<ExitCode> {
  const kills = await context.connect().list<Kill>('/kills', {}, 50);
  if (context.json) printJson(context, kills);
  else if (kills.length === 0) context.terminal.print('Nothing was ever killed.');
  else {
    const rows = kills.map((kill) => [
      String(kill.id),
      kill.target === null ? kill.scope : `${kill.scope} ${kill.target}`,
      kill.state.replace('_', ' '),
      kill.holds ? 'yes' : '',
      kill.requested_by,
      formatAgo(kill.requested_at, new Date()),
      kill.reason,
    ]);
    const head = ['kill', 'of', 'state', 'holds', 'by', 'asked for', 'why'];
    context.terminal.print(renderTable({ head, rows, right: [0] }, context.terminal.colors));
  }
  return EXIT_CODES.ok;
}

async function lift(context: CommandContext, id: number): Promise<ExitCode> {
  const kill = await context.connect().post<Kill>(`/kills/${id}/lift`);
  if (context.json) printJson(context, kill);
  else
    context.terminal.print(
      kill.state === 'given_up'
        ? `The ${nameOfKill(kill)} is given up: ${kill.summary}.`
        : `The ${nameOfKill(kill)} holds nothing any more.`,
    );
  return EXIT_CODES.ok;
}
