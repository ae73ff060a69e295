import { parseByteSize } from '@meridian/core';
import { InvalidArgumentError, type Command } from 'commander';
import type { LocationUsage, Purge, PurgeDecision, PurgePlan, PurgeSum } from '../api/retention-types.js';
import { CliError, EXIT_CODES } from '../cli-error.js';
import type { ExitCode } from '../cli-error.js';
import { examples, printJson } from '../command-context.js';
import type { CommandContext, Runner } from '../command-context.js';
import { formatAgo, formatBytes } from '../terminal/formats.js';
import { renderTable } from '../terminal/table.js';
import { parseLimit } from './limit-option.js';

interface PurgeOptions {
  readonly dryRun?: boolean;
  readonly downTo?: number;
  readonly reason?: string;
  readonly wait?: boolean;
  readonly pause?: boolean;
  readonly resume?: boolean;
}

interface LedgerOptions {
  readonly location?: string;
  readonly purge?: number;
  readonly product?: number;
  readonly deleted?: boolean;
  readonly kept?: boolean;
  readonly why?: string;
  readonly limit: number;
}

/** purge, purges and retention: room at a location, and the ledger of what went for it. */
export function addRetentionCommands(program: Command, run: Runner): void {
  program
    .command('purge')
    .description(
      'Free room at a location: what its steps let go, the oldest first, down to its low-water mark',
    )
    .argument('<location>', 'its name')
    .option('--dry-run', 'only say what would go, what would stay and why; nothing is changed')
    .option('--down-to <size>', 'how much is to be left, like 800GB (default: the low-water mark)', parseSize)
    .option('--reason <text>', 'why, for the record')
    .option('--wait', 'until it has ended')
    .option('--pause', 'let nothing be purged there until --resume')
    .option('--resume', 'let purging go on there')
    .addHelpText(
      'after',
      examples('purge cluster --dry-run', 'purge cluster --down-to 800GB --reason "quota" --wait'),
    )
    .action((location: string, options: PurgeOptions, command: Command) =>
      run(command, (context) => purge(context, location, options)),
    );
  program
    .command('purges')
    .description('Purges, newest first: what each deleted, and what it kept')
    .option('--location <name>', 'only there')
    .option('--limit <n>', 'at most so many', parseLimit, 20)
    .addHelpText('after', examples('purges --location cluster'))
    .action((options: { location?: string; limit: number }, command: Command) =>
      run(command, (context) => purges(context, options)),
    );
  program
    .command('retention')
    .description('The ledger: each file that was deleted, and of each that stays the latest reason')
    .option('--location <name>', 'only there')
    .option('--purge <id>', 'only of this purge', Number)
    .option('--product <id>', 'only about this product', Number)
    .option('--deleted', 'only what was deleted')
    .option('--kept', 'only what stays')
    .option('--why <reason>', 'only for this reason')
    .option('--limit <n>', 'at most so many', parseLimit, 100)
    .addHelpText(
      'after',
      examples('retention --location cluster --kept --why downstream_open', 'retention --product 42'),
    )
    .action((options: LedgerOptions, command: Command) =>
      run(command, (context) => ledger(context, options)),
    );
}

function parseSize(text: string): number {
  const bytes = parseByteSize(text);
  if (bytes === null)
    throw new InvalidArgumentError('It is a number of bytes, or a size like 800GB or 1.5TiB.');
  return bytes;
}

async function purge(context: CommandContext, location: string, options: PurgeOptions): Promise<ExitCode> {
  if (options.dryRun === true) return rehearse(context, location, options);
  if (options.resume === true) return resume(context, location);
  if (options.reason === undefined)
    throw new CliError({
      message: 'Why is this to be done?',
      action: 'Say it with --reason; or look first with --dry-run.',
      exitCode: EXIT_CODES.usage,
    });
  return options.pause === true
    ? pause(context, location, options.reason)
    : begin(context, location, { ...options, reason: options.reason });
}

async function rehearse(
  context: CommandContext,
  location: string,
  { downTo }: PurgeOptions,
): Promise<ExitCode> {
  const plan = await context
    .connect()
    .get<PurgePlan>(`${pathOf(location)}/purge-plan`, { down_to_bytes: downTo });
  if (context.json) printJson(context, plan);
  else context.terminal.print(planInWords(plan, context));
  return EXIT_CODES.ok;
}

const WAIT_SECONDS = 30;

async function begin(
  context: CommandContext,
  location: string,
  { downTo, reason, wait }: PurgeOptions & { readonly reason: string },
): Promise<ExitCode> {
  const client = context.connect();
  let found = await client.post<Purge>(`${pathOf(location)}/purges`, {
    reason,
    ...(downTo === undefined ? {} : { down_to_bytes: downTo }),
  });
  while (wait === true && found.state !== 'done')
    found = await client.get<Purge>(`/purges/${found.id}`, { wait_seconds: WAIT_SECONDS });
  if (context.json) printJson(context, found);
  else context.terminal.print(purgeInWords(found, context));
  return found.state === 'done' && found.problem !== null ? EXIT_CODES.failed : EXIT_CODES.ok;
}

async function pause(context: CommandContext, location: string, reason: string): Promise<ExitCode> {
  const usage = await context.connect().post<LocationUsage>(`${pathOf(location)}/purge-pause`, { reason });
  if (context.json) printJson(context, usage);
  else context.terminal.print(`Nothing is purged at ${location} until: meridian purge ${location} --resume`);
  return EXIT_CODES.ok;
}

async function resume(context: CommandContext, location: string): Promise<ExitCode> {
  const usage = await context.connect().delete<LocationUsage>(`${pathOf(location)}/purge-pause`);
  if (context.json) printJson(context, usage);
  else context.terminal.print(`Purging at ${location} goes on.`);
  return EXIT_CODES.ok;
}

async function purges(
  context: CommandContext,
  { location, limit }: { readonly location?: string; readonly limit: number },
): Promise<ExitCode> {
  const found = await context.connect().list<Purge>('/purges', { location }, limit);
  if (context.json) printJson(context, found);
  else if (found.length === 0) context.terminal.print('Nothing was purged.');
  else {
    const rows = found.map((one) => [
      ...[String(one.id), one.location, one.state, formatAgo(one.started_at, new Date())],
      ...[
        one.used_before_bytes === null ? '' : formatBytes(one.used_before_bytes),
        formatBytes(one.deleted_bytes),
      ],
      ...[formatBytes(one.down_to_bytes), one.problem ?? one.reason],
    ]);
    const head = ['id', 'location', 'state', 'begun', 'held', 'deleted', 'down to', 'why'];
    context.terminal.print(renderTable({ head, rows, right: [0, 4, 5, 6] }, context.terminal.colors));
  }
  return EXIT_CODES.ok;
}

async function ledger(context: CommandContext, options: LedgerOptions): Promise<ExitCode> {
  const { location, purge: purgeId, product, deleted, kept, why: reason, limit } = options;
  const action = deleted === true ? 'delete' : kept === true ? 'keep' : undefined;
  const query = { location, purge: purgeId, product, action, reason };
  const found = await context.connect().list<PurgeDecision>('/purge-decisions', query, limit);
  if (context.json) printJson(context, found);
  else if (found.length === 0) context.terminal.print('The ledger has no such row.');
  else {
    const rows = found.map((one) => [
      ...[
        stateOf(one),
        one.location,
        one.path,
        formatBytes(one.bytes),
        one.item_id === null ? '' : String(one.item_id),
      ],
      ...[one.detail === '' ? one.reason : `${one.reason}: ${one.detail}`],
    ]);
    const head = ['', 'location', 'path', 'size', 'product', 'why'];
    context.terminal.print(renderTable({ head, rows, right: [3, 4] }, context.terminal.colors));
  }
  return EXIT_CODES.ok;
}

const stateOf = ({ action, deleted_at: deletedAt }: PurgeDecision): string =>
  action === 'keep' ? 'kept' : deletedAt === null ? 'going' : 'deleted';

const pathOf = (location: string): string => `/locations/${encodeURIComponent(location)}`;

/** What would go, and what would stay and why. */
export function planInWords(plan: PurgePlan, { terminal }: Pick<CommandContext, 'terminal'>): string {
  const { location, used_before_bytes: before, used_after_bytes: after, down_to_bytes: level } = plan;
  const lines = [
    `${location} holds ${formatBytes(before)}; a purge down to ${formatBytes(level)} would leave ${formatBytes(after)}.`,
  ];
  if (plan.sums.length > 0)
    lines.push(sumTable(plan.sums, { delete: 'would go', keep: 'would stay' }, terminal));
  if (!plan.is_complete) lines.push('There are more files than were looked at.');
  if (plan.is_complete && after > level) lines.push('Nothing more may go.');
  return lines.join('\n');
}

/** How far a purge is, and what it came to. */
export function purgeInWords(purge: Purge, { terminal }: Pick<CommandContext, 'terminal'>): string {
  const { id, location, state, problem, deleted_bytes: deleted } = purge;
  const lines =
    state === 'done'
      ? [`purge ${id} of ${location} has deleted ${formatBytes(deleted)}.`]
      : [`purge ${id} of ${location} is ${state}: meridian purges --location ${location}`];
  if (purge.sums.length > 0) lines.push(sumTable(purge.sums, { delete: 'deleted', keep: 'kept' }, terminal));
  if (problem !== null) lines.push(problem);
  return lines.join('\n');
}

function sumTable(
  sums: readonly PurgeSum[],
  words: Readonly<Record<PurgeSum['action'], string>>,
  { colors }: CommandContext['terminal'],
): string {
  const rows = sums.map(({ action, reason, files, bytes }) => [
    ...[words[action], reason, String(files), formatBytes(bytes)],
  ]);
  return renderTable({ head: ['', 'why', 'files', 'size'], rows, right: [2, 3] }, colors);
}
