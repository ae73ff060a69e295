import type { Command } from 'commander';
import type { AuditFinding, LocationAudit } from '../api/audit-types.js';
import { CliError, EXIT_CODES, type ExitCode } from '../cli-error.js';
import { examples, printJson, type CommandContext, type Runner } from '../command-context.js';
import { formatBytes } from '../terminal/formats.js';
import { renderTable } from '../terminal/table.js';

interface AuditOptions {
  readonly checksums?: boolean;
  readonly since?: string;
  readonly wait: boolean;
}

const WAIT_SECONDS = 25;
const SHOWN_FINDINGS = 100;
const DAY_MS = 86_400_000;

export function addAuditCommand(program: Command, run: Runner): void {
  program
    .command('audit')
    .description('Look whether a location holds what is registered, and what else; without one, list audits')
    .argument('[location]', 'name of the location')
    .option('--checksums', 'read every byte and compare, too')
    .option('--since <time>', 'only copies registered since then: 2026-05-01, or 7d')
    .option('--no-wait', 'only ask for it')
    .addHelpText('after', examples('audit archive --checksums', 'audit'))
    .action((location: string | undefined, options: AuditOptions, command: Command) =>
      run(command, (context) =>
        location === undefined ? list(context) : audit(context, location, options, new Date()),
      ),
    );
}

async function list(context: CommandContext): Promise<ExitCode> {
  const found = await context.connect().list<LocationAudit>('/audits', {}, SHOWN_FINDINGS);
  if (context.json) printJson(context, found);
  else if (found.length === 0) context.terminal.print('Nothing has been audited yet.');
  else {
    const rows = found.map((one) => [
      String(one.id),
      one.location,
      one.state,
      ...[one.copies, one.missing, one.damaged, one.lost, one.unknown_files].map(String),
    ]);
    const head = ['id', 'location', 'state', 'copies', 'missing', 'damaged', 'lost', 'unknown'];
    context.terminal.print(renderTable({ head, rows, right: [0, 3, 4, 5, 6, 7] }, context.terminal.colors));
  }
  return EXIT_CODES.ok;
}

async function audit(
  context: CommandContext,
  location: string,
  { checksums = false, since, wait }: AuditOptions,
  now: Date,
): Promise<ExitCode> {
  const client = context.connect();
  let found = await client.post<LocationAudit>(`/locations/${encodeURIComponent(location)}/audits`, {
    checksums,
    ...(since === undefined ? {} : { since: parseSince(since, now).toISOString() }),
  });
  while (wait && !isOver(found))
    found = await client.get<LocationAudit>(`/audits/${found.id}`, { wait_seconds: WAIT_SECONDS });
  const findings = isOver(found)
    ? await client.list<AuditFinding>(`/audits/${found.id}/findings`, {}, SHOWN_FINDINGS)
    : [];
  if (context.json) printJson(context, { ...found, findings });
  else context.terminal.print(auditPage(found, findings, context));
  return found.state === 'failed' || found.missing + found.damaged + found.unreadable > 0
    ? EXIT_CODES.failed
    : EXIT_CODES.ok;
}

const isOver = ({ state }: LocationAudit): boolean => state === 'done' || state === 'failed';

/** What an audit found, for people. */
export function auditPage(
  audit: LocationAudit,
  findings: readonly AuditFinding[],
  { terminal }: Pick<CommandContext, 'terminal'>,
): string {
  const { copies, bytes, missing, damaged, unreadable, recovered, lost } = audit;
  const lines = [
    `audit ${audit.id} of ${audit.location}: ${audit.state}${audit.problem === null ? '' : `: ${audit.problem}`}`,
    `${copies} copies looked at${audit.checksums ? ' and compared' : ''}, ${formatBytes(bytes)} as registered; ` +
      `${missing} missing, ${damaged} damaged, ${unreadable} unreadable, ${recovered} well again`,
    ...(lost > 0 ? [`${lost} DATA FILES HAVE NO GOOD COPY LEFT, and nothing can make them again`] : []),
    `${audit.unknown_files} files (${formatBytes(audit.unknown_bytes)}) that no record knows, ` +
      `${audit.attempt_files} (${formatBytes(audit.attempt_bytes)}) that attempts left beside their products, ${audit.links} links not followed`,
  ];
  if (findings.length === 0) return lines.join('\n');
  const rows = [...findings]
    .sort((left, right) => rank(left) - rank(right))
    .map(({ severity, kind, path, detail, advice }) => [severity, kind, path, detail, advice]);
  const head = ['how bad', 'what', 'path', 'found', 'what to do'];
  return [...lines, '', renderTable({ head, rows, right: [] }, terminal.colors)].join('\n');
}

const rank = ({ severity }: AuditFinding): number => ['lost', 'remake', 'copy', 'note'].indexOf(severity);

/** `7d` is so many days before `now`; anything else is a time. */
export function parseSince(text: string, now: Date): Date {
  const days = /^(\d{1,5})d$/.exec(text)?.[1];
  const time = days === undefined ? new Date(text) : new Date(now.getTime() - Number(days) * DAY_MS);
  if (!Number.isNaN(time.getTime())) return time;
  throw new CliError({
    message: `${JSON.stringify(text)} is no time.`,
    action: 'Say --since 2026-05-01, --since 2026-05-01T12:00:00Z, or --since 7d.',
    exitCode: EXIT_CODES.usage,
  });
}
