import type { Command } from 'commander';
import { expandGroupingPreset, GROUPING_PRESETS } from '@meridian/core';
import type { GroupingPreset, Json, PresetParameter } from '@meridian/core';
import { stringify } from 'yaml';
import { CliError, EXIT_CODES } from '../cli-error.js';
import type { ExitCode } from '../cli-error.js';
import { examples, printJson } from '../command-context.js';
import type { CommandContext, Runner } from '../command-context.js';
import { renderTable } from '../terminal/table.js';

export function addPresetsCommand(program: Command, run: Runner): void {
  program
    .command('presets')
    .description('Groupings that a step can use by name, with what they build')
    .argument('[name]', 'show one, with its parameters')
    .addHelpText('after', examples('presets', 'presets so-null-pwv', 'presets dsa110-mosaic --json'))
    .action((name: string | undefined, _options: unknown, command: Command) =>
      run(command, (context) => Promise.resolve(name === undefined ? list(context) : show(context, name))),
    );
}

function list(context: CommandContext): ExitCode {
  const { terminal } = context;
  if (context.json) printJson(context, GROUPING_PRESETS.map(asDocument));
  else {
    const rows = GROUPING_PRESETS.map(({ name, title }) => [name, title]);
    terminal.print(renderTable({ head: ['preset', 'sub-groups'], rows }, terminal.colors));
    terminal.print('\nIn a step: "group_by: {preset: NAME}". "meridian presets NAME" shows the parameters.');
  }
  return EXIT_CODES.ok;
}

function show(context: CommandContext, name: string): ExitCode {
  const preset = GROUPING_PRESETS.find((known) => known.name === name);
  if (preset === undefined) {
    throw new CliError({
      message: `There is no preset "${name}".`,
      action: 'See "meridian presets" for those that there are.',
      exitCode: EXIT_CODES.usage,
    });
  }
  if (context.json) printJson(context, asDocument(preset));
  else context.terminal.print(presetPage(preset, context));
  return EXIT_CODES.ok;
}

/** All of a preset but its function: what it builds with its defaults stands for it. */
const asDocument = ({ name, title, description, parameters }: GroupingPreset) => ({
  name,
  title,
  description,
  parameters,
  builds: expandGroupingPreset({ preset: name }),
});

/** What a preset is for, what it takes and what it builds, for people. */
export function presetPage(preset: GroupingPreset, { terminal }: Pick<CommandContext, 'terminal'>): string {
  const { colors } = terminal;
  const { group_by, step } = expandGroupingPreset({ preset: preset.name });
  const rows = preset.parameters.map((parameter) => [
    parameter.name,
    typeOf(parameter),
    inYaml(parameter.default),
    parameter.description,
  ]);
  return [
    `${colors.bold(preset.name)}: ${preset.title}`,
    '',
    preset.description,
    '',
    renderTable({ head: ['parameter', 'is', 'default', 'what'], rows }, colors),
    '',
    colors.bold('With its defaults it builds'),
    stringify({ group_by, ...step }, { flowCollectionPadding: false }).trimEnd(),
  ].join('\n');
}

const inYaml = (value: Json): string => (value === null ? '' : JSON.stringify(value));

function typeOf(parameter: PresetParameter): string {
  switch (parameter.type) {
    case 'choice':
      return parameter.choices.join(' | ');
    case 'integer':
    case 'number':
      return `${parameter.type} ${parameter.min} … ${parameter.max}`;
    default:
      return parameter.type;
  }
}
