import { Argument, type Command } from 'commander';
import { CliError, EXIT_CODES } from '../cli-error.js';
import type { ExitCode } from '../cli-error.js';
import { examples, printJson } from '../command-context.js';
import type { CommandContext, Runner } from '../command-context.js';

const KINDS = ['pipeline', 'step', 'location', 'pool'] as const;
type Kind = (typeof KINDS)[number];

const CONSEQUENCES: Record<Kind, string> = {
  pipeline: 'nothing new of it runs; what runs goes on',
  step: 'it gets no new runs, and those that it has wait; what runs goes on',
  location: 'no new jobs start there; what runs goes on',
  pool: 'no run takes a slot of it; what runs goes on',
};

/** pause and resume: of a pipeline, a step, a location or a pool. */
export function addPauseCommands(program: Command, run: Runner): void {
  const kind = (): Argument => new Argument('<kind>', 'what it is').choices(KINDS);
  program
    .command('pause')
    .description('Let nothing new run in a pipeline, a step, at a location or in a pool')
    .addArgument(kind())
    .argument('<name>', 'its name; of a step pipeline/step')
    .requiredOption('--reason <text>', 'why, for everybody who asks why nothing runs')
    .addHelpText(
      'after',
      examples('pause step m17/mosaic --reason "bad flats"', 'pause pool gpu --reason "new drivers"'),
    )
    .action((what: Kind, name: string, { reason }: { reason: string }, command: Command) =>
      run(command, (context) => pause(context, { what, name, reason })),
    );
  program
    .command('resume')
    .description('Let it run again')
    .addArgument(kind())
    .argument('<name>', 'its name; of a step pipeline/step')
    .addHelpText('after', examples('resume step m17/mosaic', 'resume location cluster'))
    .action((what: Kind, name: string, _options: unknown, command: Command) =>
      run(command, (context) => resume(context, what, name)),
    );
}

async function pause(
  context: CommandContext,
  { what, name, reason }: { what: Kind; name: string; reason: string },
): Promise<ExitCode> {
  const answer = await context.connect().post(`${pathOf(what, name)}/pause`, { reason });
  return report(context, `The ${what} ${name} is paused: ${CONSEQUENCES[what]}.`, answer);
}

async function resume(context: CommandContext, what: Kind, name: string): Promise<ExitCode> {
  const client = context.connect();
  const path = pathOf(what, name);
  const answer =
    what === 'location' ? await client.delete(`${path}/pause`) : await client.post(`${path}/resume`);
  return report(context, `The ${what} ${name} goes on.`, answer);
}

function report(context: CommandContext, sentence: string, answer: unknown): ExitCode {
  if (context.json) printJson(context, answer);
  else context.terminal.print(sentence);
  return EXIT_CODES.ok;
}

/** Where the API has it. */
export function pathOf(what: Kind, name: string): string {
  if (what !== 'step') return `/${what}s/${encodeURIComponent(name)}`;
  const [pipeline, step, ...rest] = name.split('/');
  if (pipeline === undefined || pipeline === '' || step === undefined || step === '' || rest.length > 0) {
    throw new CliError({
      message: `${JSON.stringify(name)} does not name a step.`,
      action: 'Name its pipeline, too, for example: m17/mosaic',
      exitCode: EXIT_CODES.usage,
    });
  }
  return `/pipelines/${encodeURIComponent(pipeline)}/steps/${encodeURIComponent(step)}`;
}
