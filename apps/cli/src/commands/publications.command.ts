import type { Command } from 'commander';
import type { Publication } from '../api/api-types.js';
import { EXIT_CODES } from '../cli-error.js';
import type { ExitCode } from '../cli-error.js';
import { examples, printJson } from '../command-context.js';
import type { CommandContext, Runner } from '../command-context.js';
import { renderTable } from '../terminal/table.js';
import { parseLimit } from './limit-option.js';
import { parseId } from './parse-id.js';

interface PublishOptions {
  readonly to?: string;
  readonly reason: string;
  readonly wait?: boolean;
}

interface ListOptions {
  readonly state?: string;
  readonly taint?: string;
  readonly limit: number;
}

export function addPublicationCommands(program: Command, run: Runner): void {
  program
    .command('publications')
    .description('Products on their way to the public, and those that are there, newest first')
    .option('--state <state>', 'staged, eligible, publishing, published, rejected, failed or withdrawn')
    .option('--taint <id>', 'only of products that this taint reaches')
    .option('--limit <n>', 'at most so many', parseLimit, 100)
    .addHelpText('after', examples('publications --state rejected'))
    .action((options: ListOptions, command: Command) => run(command, (context) => list(context, options)));
  program
    .command('publish')
    .description('Ask for a product to be published; it still has to pass the gate of its step')
    .argument('<product>', 'id of the product')
    .option('--to <location>', 'where the public reads it (default: where its step publishes)')
    .requiredOption('--reason <text>', 'why, for the record')
    .option('--wait', 'until it is published, or is not going to be')
    .addHelpText('after', examples('publish 42 --reason "data release 3" --wait'))
    .action((id: string, options: PublishOptions, command: Command) =>
      run(command, (context) => publish(context, parseId(id, 'product', 'products'), options)),
    );
  program
    .command('withdraw')
    .description('Take a published product back: its public bytes go, its record and its version stay')
    .argument('<publication>', 'id of the publication')
    .requiredOption('--reason <text>', 'why, for the record')
    .addHelpText('after', examples('withdraw 7 --reason "wrong calibration"'))
    .action((id: string, { reason }: { reason: string }, command: Command) =>
      run(command, (context) => withdraw(context, parseId(id, 'publication', 'publications'), reason)),
    );
}

async function list(context: CommandContext, { state, taint, limit }: ListOptions): Promise<ExitCode> {
  const found = await context.connect().list<Publication>('/publications', { state, taint }, limit);
  if (context.json) printJson(context, found);
  else if (found.length === 0) context.terminal.print('There is no such publication.');
  else {
    const rows = found.map((one) => [
      String(one.id),
      one.state,
      `${one.pipeline}/${one.step}`,
      one.product,
      one.location,
      one.version === null ? '' : String(one.version),
      one.reasons.join('; '),
    ]);
    const head = ['id', 'state', 'step', 'product', 'to', 'version', 'why it is not further'];
    context.terminal.print(renderTable({ head, rows, right: [0, 5] }, context.terminal.colors));
  }
  return EXIT_CODES.ok;
}

const WAIT_SECONDS = 30;
const ENDS = ['published', 'rejected', 'failed', 'withdrawn'];

async function publish(
  context: CommandContext,
  id: number,
  { to, reason, wait }: PublishOptions,
): Promise<ExitCode> {
  const client = context.connect();
  let publication = await client.post<Publication>(`/products/${id}/publications`, {
    reason,
    ...(to === undefined ? {} : { to }),
  });
  while (wait === true && !ENDS.includes(publication.state))
    publication = await client.get<Publication>(`/publications/${publication.id}`, {
      wait_seconds: WAIT_SECONDS,
    });
  return told(context, publication);
}

async function withdraw(context: CommandContext, id: number, reason: string): Promise<ExitCode> {
  return told(
    context,
    await context.connect().post<Publication>(`/publications/${id}/withdrawal`, { reason }),
  );
}

function told(context: CommandContext, publication: Publication): ExitCode {
  const { id, state, location, path, reasons } = publication;
  if (context.json) printJson(context, publication);
  else {
    const where = path === null ? location : `${location}, ${path}`;
    const why = reasons.length === 0 ? '' : `\n${reasons.join('\n')}`;
    context.terminal.print(`publication ${id} is ${state} (${where})${why}`);
  }
  return state === 'rejected' || state === 'failed' ? EXIT_CODES.failed : EXIT_CODES.ok;
}
