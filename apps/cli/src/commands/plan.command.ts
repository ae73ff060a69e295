import type { Command } from 'commander';
import type { StateCounts } from '../api/api-types.js';
import type { PipelinePlan, PlannedRuns, PlannedStep, Quantiles } from '../api/gap-types.js';
import { EXIT_CODES } from '../cli-error.js';
import type { ExitCode } from '../cli-error.js';
import { examples, printJson } from '../command-context.js';
import type { CommandContext, Runner } from '../command-context.js';
import { mergeDefinitions, readDefinitions } from '../definitions/definitions-file.js';
import { formatBytes, formatDims, formatDuration, formatNumber } from '../terminal/formats.js';
import { paintState } from '../terminal/state-colors.js';
import { renderTable } from '../terminal/table.js';
import type { Terminal } from '../terminal/terminal.js';
import { printChanges } from './apply.command.js';
import { parseLimit } from './limit-option.js';

interface PlanOptions {
  readonly file?: readonly string[];
  readonly sample: number;
}

export function addPlanCommand(program: Command, run: Runner): void {
  program
    .command('plan')
    .description('What would be run, why, and at what cost: now, or with a change that is not applied')
    .argument('<pipeline>', 'its name')
    .option('-f, --file <files...>', 'definitions files as "apply" takes them, to see what they would do')
    .option('--sample <n>', 'sub-groups to show of each step', parseLimit, 10)
    .addHelpText('after', examples('plan m17', 'plan m17 --file new-aperture.yaml', 'plan m17 --json'))
    .action((pipeline: string, options: PlanOptions, command: Command) =>
      run(command, (context) => plan(context, pipeline, options)),
    );
}

async function plan(
  context: CommandContext,
  pipeline: string,
  { file = [], sample }: PlanOptions,
): Promise<ExitCode> {
  const path = `/pipelines/${encodeURIComponent(pipeline)}/plan?sample=${sample}`;
  const client = context.connect();
  const planned =
    file.length === 0
      ? await client.get<PipelinePlan>(path)
      : await client.post<PipelinePlan>(path, { proposal: mergeDefinitions(file.map(readDefinitions)) });
  if (context.json) printJson(context, planned);
  else printPlan(context.terminal, planned);
  return EXIT_CODES.ok;
}

/** The change, the steps, the sub-groups and the sum. */
export function printPlan(terminal: Terminal, planned: PipelinePlan): void {
  if (planned.changes.length > 0) {
    printChanges(terminal, planned.changes, true);
    terminal.print('');
  }
  terminal.print(stepTable(planned.steps, terminal));
  for (const step of planned.steps.filter(({ sample }) => sample.length > 0)) {
    terminal.print('');
    terminal.print(sampleTable(step, terminal));
  }
  terminal.print('');
  for (const line of summaryOf(planned)) terminal.print(line);
}

function stepTable(steps: readonly PlannedStep[], { colors }: Pick<Terminal, 'colors'>): string {
  const rows = steps.map((step) => [
    step.retired ? `${step.step} (retired)` : step.step,
    countsOf(step.before, colors),
    step.retired ? '–' : countsOf(step.after, colors),
    runsText(step.runs),
    formatBytes(step.input_bytes),
    spread(step.core_hours, formatNumber),
    spread(step.finish_seconds, formatDuration),
  ]);
  const head = ['step', 'sub-groups now', 'then', 'runs', 'input', 'core-hours', 'done after'];
  return renderTable({ head, rows, right: [4] }, colors);
}

/** `3 stale, 1 missing` */
function countsOf(counts: StateCounts, colors: Terminal['colors']): string {
  const parts = Object.entries(counts) as [keyof StateCounts, number][];
  return parts.map(([state, count]) => `${count} ${paintState(state, colors)}`).join(', ') || 'none';
}

function runsText({ now, later, follows }: PlannedRuns): string {
  const parts: [number, string][] = [
    [now, 'now'],
    [later, 'later'],
    [follows, 'following'],
  ];
  const some = parts.filter(([count]) => count > 0).map(([count, when]) => `${count} ${when}`);
  return some.join(', ') || 'none';
}

/** The usual, and from quick to slow: `1.5 (1 – 4)` */
function spread(quantiles: Quantiles | null, format: (value: number) => string): string {
  if (quantiles === null) return 'not known';
  const { p10, p50, p90 } = quantiles;
  return p90 === 0 ? '–' : `${format(p50)} (${format(p10)} – ${format(p90)})`;
}

function sampleTable({ step, sample }: PlannedStep, { colors }: Pick<Terminal, 'colors'>): string {
  const rows = sample.map(({ dims, before, after, run, explanation }) => [
    formatDims(dims),
    before === null ? 'new' : paintState(before, colors),
    after === null ? 'gone' : paintState(after, colors),
    run ?? '–',
    explanation,
  ]);
  return renderTable({ head: [step, 'now', 'then', 'run', 'why'], rows }, colors);
}

function summaryOf({ trigger, runs, ...planned }: PipelinePlan): string[] {
  const total = runs.now + runs.later + runs.follows;
  if (total === 0) return ['Nothing would be run.'];
  const { core_hours: hours, finish_seconds: finish, steps_without_history: unknown } = planned;
  const cost =
    hours === null || finish === null
      ? `No estimate: nothing of ${unknown.join(', ')} has run yet.`
      : `${spread(hours, formatNumber)} core-hours, done after ${spread(finish, formatDuration)}: the usual, and from quick to slow, if nothing else runs.`;
  return [
    `${total} ${total === 1 ? 'run' : 'runs'}: ${runsText(runs)}; ${formatBytes(planned.input_bytes)} of input.`,
    cost,
    ...(trigger === 'CONTINUOUS'
      ? []
      : [`The pipeline is ${trigger}: they wait until it is ${trigger === 'CRON' ? 'due' : 'triggered'}.`]),
  ];
}
