import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import type { Rematerialisation } from '../api/audit-types.js';
import { CliError, EXIT_CODES, type ExitCode } from '../cli-error.js';
import { examples, printJson, type CommandContext, type Runner } from '../command-context.js';
import { renderTable } from '../terminal/table.js';
import { parseId } from './parse-id.js';

interface RematerialiseOptions {
  readonly accept?: boolean;
  readonly wait?: boolean;
}

const LOOK_EVERY_MS = 1_000;

export function addRematerialiseCommand(program: Command, run: Runner): void {
  program
    .command('rematerialise')
    .description('Make the bytes of a product again that no location has any more, and compare them')
    .argument('<product>', 'id of the product')
    .option('--accept', 'other bytes came out: run its step again, as a new version')
    .option('--wait', 'until it is made again, or is not going to be')
    .addHelpText('after', examples('rematerialise 42 --wait', 'rematerialise 42 --accept'))
    .action((id: string, options: RematerialiseOptions, command: Command) =>
      run(command, (context) => rematerialise(context, parseId(id, 'product', 'products'), options)),
    );
}

async function rematerialise(
  context: CommandContext,
  productId: number,
  { accept = false, wait = false }: RematerialiseOptions,
): Promise<ExitCode> {
  const client = context.connect();
  let found = accept
    ? await client.post<Rematerialisation>(
        `/rematerialisations/${await newest(context, productId)}/acceptance`,
      )
    : await client.post<Rematerialisation>(`/products/${productId}/rematerialisations`);
  while (wait && (found.state === 'wanted' || found.state === 'making')) {
    await sleep(LOOK_EVERY_MS);
    found = await client.get<Rematerialisation>(`/rematerialisations/${found.id}`);
  }
  if (context.json) printJson(context, found);
  else context.terminal.print(remakePage(found, context));
  return found.state === 'failed' || found.state === 'different' ? EXIT_CODES.failed : EXIT_CODES.ok;
}

async function newest(context: CommandContext, product: number): Promise<number> {
  const [found] = await context.connect().list<Rematerialisation>('/rematerialisations', { product }, 1);
  if (found !== undefined) return found.id;
  throw new CliError({
    message: `Nothing of product ${product} was made again, so there is nothing to accept.`,
    action: `meridian rematerialise ${product}`,
    exitCode: EXIT_CODES.usage,
  });
}

/** How far it is and what came out, for people. */
export function remakePage(
  {
    id,
    run_id: runId,
    remake_run_id: remakeRunId,
    state,
    reason,
    products,
    waiting_runs: waiting,
  }: Rematerialisation,
  { terminal }: Pick<CommandContext, 'terminal'>,
): string {
  const by = remakeRunId === null ? '' : ` by run ${remakeRunId}`;
  const lines = [
    `rematerialisation ${id} of run ${runId}: ${state}${by}${reason === '' ? '' : ` (${reason})`}`,
    ...(waiting.length === 0 ? [] : [`runs that wait for it: ${waiting.join(', ')}`]),
    ...(state === 'different'
      ? [
          'The records are as they were. Compare the bytes; --accept makes the step run again, as a new version.',
        ]
      : []),
  ];
  if (products.length === 0) return lines.join('\n');
  const rows = products.map((one) => [
    String(one.product_id),
    one.path,
    one.outcome,
    one.outcome === 'different'
      ? `${one.found_sha256?.slice(0, 12)} instead of ${one.sha256.slice(0, 12)}`
      : '',
    one.outcome === 'different' ? (one.found_path ?? '') : '',
  ]);
  const head = ['product', 'file', 'bytes', 'sha256', 'where they are'];
  return [...lines, '', renderTable({ head, rows, right: [0] }, terminal.colors)].join('\n');
}
