import type { Command } from 'commander';
import type { RunQuality } from '../api/quality-types.js';
import { EXIT_CODES } from '../cli-error.js';
import type { ExitCode } from '../cli-error.js';
import { examples, printJson } from '../command-context.js';
import type { CommandContext, Runner } from '../command-context.js';
import { renderTable } from '../terminal/table.js';
import { parseId } from './parse-id.js';

interface QualityOptions {
  readonly verdict?: string;
  readonly reason?: string;
}

export function addQualityCommand(program: Command, run: Runner): void {
  program
    .command('quality')
    .description('How good the result of a run is; with --verdict, say so yourself')
    .argument('<run>', 'id of the run')
    .option('--verdict <verdict>', 'PASS, WARN, NEEDS_REVIEW or FAIL: holds until somebody says another')
    .option('--reason <text>', 'why, for the record')
    .addHelpText(
      'after',
      examples('quality 42', 'quality 42 --verdict FAIL --reason "a satellite crosses the field"'),
    )
    .action((id: string, options: QualityOptions, command: Command) =>
      run(command, (context) => quality(context, parseId(id, 'run', 'runs'), options)),
    );
}

async function quality(
  context: CommandContext,
  id: number,
  { verdict, reason = '' }: QualityOptions,
): Promise<ExitCode> {
  const client = context.connect();
  const known =
    verdict === undefined
      ? await client.get<RunQuality>(`/runs/${id}/quality`)
      : await client.post<RunQuality>(`/runs/${id}/verdicts`, { verdict: verdict.toUpperCase(), reason });
  if (context.json) printJson(context, known);
  else context.terminal.print(qualityPage(known, context));
  return EXIT_CODES.ok;
}

/** What is known of the quality of a run, for people. */
export function qualityPage(
  { run_id: id, verdict, findings, given }: RunQuality,
  { terminal }: Pick<CommandContext, 'terminal'>,
): string {
  const rules = findings.map(({ measure, value, verdict: found, reason }) => [
    measure,
    value === null ? '' : String(Number(value.toPrecision(6))),
    found,
    reason,
  ]);
  const people = given.map((one) => [one.verdict, one.given_by, one.given_at, one.reason]);
  return [
    `run ${id}: ${verdict ?? 'nobody and no rule has judged it'}`,
    ...(rules.length === 0
      ? []
      : [
          '',
          renderTable(
            { head: ['measure', 'value', 'verdict', 'why'], rows: rules, right: [1] },
            terminal.colors,
          ),
        ]),
    ...(people.length === 0
      ? []
      : ['', renderTable({ head: ['verdict', 'by', 'at', 'reason'], rows: people }, terminal.colors)]),
  ].join('\n');
}
