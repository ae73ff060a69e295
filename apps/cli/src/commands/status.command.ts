import type { Command } from 'commander';
import { SUB_GROUP_STATES } from '@meridian/core';
import type { Breaker, Daemon, Pipeline, PipelineDetail } from '../api/api-types.js';
import { EXIT_CODES } from '../cli-error.js';
import type { ExitCode } from '../cli-error.js';
import { examples, printJson } from '../command-context.js';
import type { CommandContext, Runner } from '../command-context.js';
import { formatAgo } from '../terminal/formats.js';
import { paintState } from '../terminal/state-colors.js';
import { renderTable } from '../terminal/table.js';
import { breakerTable, isOpen } from './breakers.command.js';

export function addStatusCommand(program: Command, run: Runner): void {
  program
    .command('status')
    .description('Pipelines and their steps with sub-groups by state, and which daemons are alive')
    .argument('[pipeline]', 'only this one')
    .addHelpText('after', examples('status', 'status m17-mosaic --json'))
    .action((pipeline: string | undefined, _options: unknown, command: Command) =>
      run(command, (context) => status(context, pipeline)),
    );
}

async function status(context: CommandContext, name: string | undefined): Promise<ExitCode> {
  const client = context.connect();
  const names =
    name === undefined
      ? (await client.list<Pipeline>('/pipelines')).map((pipeline) => pipeline.name)
      : [name];
  const pipelines: PipelineDetail[] = [];
  for (const one of names)
    pipelines.push(await client.get<PipelineDetail>(`/pipelines/${encodeURIComponent(one)}`));
  const daemons = (await client.get<{ readonly items: readonly Daemon[] }>('/daemons')).items;
  const breakers = (await client.list<Breaker>('/breakers')).filter(isOpen);
  if (context.json) {
    printJson(context, { api_url: client.url, pipelines, breakers, daemons });
    return EXIT_CODES.ok;
  }
  for (const pipeline of pipelines) printPipeline(context, pipeline);
  if (pipelines.length === 0)
    context.terminal.print('There is no pipeline yet. Try: meridian apply FILE, or meridian demo');
  if (breakers.length > 0) {
    context.terminal.print(breakerTable(breakers, context, new Date()));
    context.terminal.print('');
  }
  printDaemons(context, daemons, new Date());
  return EXIT_CODES.ok;
}

function printPipeline({ terminal }: CommandContext, pipeline: PipelineDetail): void {
  const { colors } = terminal;
  const flags = [
    pipeline.trigger_config === null
      ? pipeline.trigger
      : `${pipeline.trigger} ${pipeline.trigger_config.expression} (${pipeline.trigger_config.timezone})`,
    pipeline.enabled ? '' : 'disabled',
    pipeline.paused_at === null ? '' : 'paused',
  ].filter((flag) => flag !== '');
  terminal.print(
    `${colors.bold(pipeline.name)}  ${colors.dim(`${flags.join(', ')}; grouping ${pipeline.grouping}, at ${pipeline.location}`)}`,
  );
  const present = SUB_GROUP_STATES.filter((state) =>
    pipeline.steps.some((step) => (step.sub_groups[state] ?? 0) > 0),
  );
  const rows = pipeline.steps.map((step) => [
    `  ${step.name}${step.paused_at === null ? '' : ' (paused)'}`,
    `${step.software} ${step.software_version}`,
    ...present.map((state) => String(step.sub_groups[state] ?? '')),
  ]);
  const head = ['  step', 'software', ...present.map((state) => paintState(state, colors))];
  terminal.print(renderTable({ head, rows, right: present.map((_, index) => index + 2) }, colors));
  terminal.print('');
}

function printDaemons({ terminal }: CommandContext, daemons: readonly Daemon[], now: Date): void {
  const { colors } = terminal;
  const rows = daemons
    // An instance that was replaced is history, not news.
    .filter(
      (daemon) =>
        daemon.state === 'alive' ||
        !daemons.some((other) => other.daemon === daemon.daemon && other.state === 'alive'),
    )
    .map((daemon) => [
      daemon.daemon,
      daemon.state === 'alive' ? colors.green('alive') : colors.red('silent'),
      formatAgo(daemon.beat_at, now),
      `${daemon.host} ${daemon.pid}`,
      daemon.version,
    ]);
  terminal.print(
    rows.length === 0
      ? colors.red('No daemon has reported yet.')
      : renderTable({ head: ['daemon', '', 'heartbeat', 'where', 'version'], rows }, colors),
  );
}
