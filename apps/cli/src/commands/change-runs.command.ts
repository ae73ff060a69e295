import type { Command } from 'commander';
import { CliError, EXIT_CODES } from '../cli-error.js';
import type { ExitCode } from '../cli-error.js';
import { examples, printJson } from '../command-context.js';
import type { CommandContext, Runner } from '../command-context.js';
import { orderKill } from './kill.command.js';
import { parseId } from './parse-id.js';

/** retry, cancel and waive: a person's word about one run or one sub-group. */
export function addChangeRunsCommands(program: Command, run: Runner): void {
  program
    .command('retry')
    .description('Try a failed run again, with a fresh retry budget')
    .argument('<run>', 'id of the run')
    .addHelpText('after', examples('retry 42'))
    .action((id: string, _options: unknown, command: Command) =>
      run(command, (context) => retry(context, parseId(id, 'run', 'runs --status FAILED'))),
    );
  program
    .command('cancel')
    .description('Cancel a run that is not finished')
    .argument('<run>', 'id of the run')
    .option('--reason <text>', 'why, for the record')
    .option('--wait', 'wait for the proof that nothing of it is alive, as "meridian kill run" does')
    .addHelpText('after', examples('cancel 42 --reason "wrong flat field"', 'cancel 42 --wait'))
    .action((id: string, options: CancelOptions, command: Command) =>
      run(command, (context) => cancel(context, parseId(id, 'run', 'runs'), options)),
    );
  program
    .command('waive')
    .description('Say that a sub-group needs no result, so that it is no gap any more')
    .argument('<sub-group>', 'id of the sub-group, as "meridian gaps" shows it')
    .option('--reason <text>', 'why, for the record')
    .option('--undo', 'take the waiver back')
    .addHelpText('after', examples('waive 7 --reason "clouds"', 'waive 7 --undo'))
    .action((id: string, options: WaiveOptions, command: Command) =>
      run(command, (context) => waive(context, parseId(id, 'sub-group', 'gaps'), options)),
    );
}

interface CancelOptions {
  readonly reason?: string;
  readonly wait?: boolean;
}

interface WaiveOptions {
  readonly reason?: string;
  readonly undo?: boolean;
}

async function retry(context: CommandContext, id: number): Promise<ExitCode> {
  return report(context, `Run ${id} is pending again.`, await context.connect().post(`/runs/${id}/retry`));
}

async function cancel(
  context: CommandContext,
  id: number,
  { reason, wait }: CancelOptions,
): Promise<ExitCode> {
  if (wait === true)
    return orderKill(context, { scope: 'run', target: String(id), reason: reason ?? 'asked for', wait });
  return report(
    context,
    `Run ${id} is asked to stop.`,
    await context.connect().post(`/runs/${id}/cancellation`, reason === undefined ? {} : { reason }),
  );
}

async function waive(context: CommandContext, id: number, { reason, undo }: WaiveOptions): Promise<ExitCode> {
  const client = context.connect();
  if (undo === true)
    return report(
      context,
      `Sub-group ${id} is no longer waived.`,
      await client.delete(`/sub-groups/${id}/waiver`),
    );
  if (reason === undefined) {
    throw new CliError({
      message: 'A waiver needs a reason.',
      action: `meridian waive ${id} --reason "…"`,
      exitCode: EXIT_CODES.usage,
    });
  }
  return report(
    context,
    `Sub-group ${id} is waived.`,
    await client.post(`/sub-groups/${id}/waiver`, { reason }),
  );
}

function report(context: CommandContext, text: string, answer: unknown): ExitCode {
  if (context.json) printJson(context, answer);
  else context.terminal.print(text);
  return EXIT_CODES.ok;
}
