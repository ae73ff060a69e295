import type { Dims } from '@meridian/core';
import type { ApiClient } from '../api/api-client.js';
import type { Gap } from '../api/api-types.js';
import type { AssociationChoice, GapExplanation } from '../api/gap-types.js';
import { CliError, EXIT_CODES } from '../cli-error.js';
import { formatAgo, formatDims, formatDuration } from '../terminal/formats.js';
import { paintState } from '../terminal/state-colors.js';
import { renderTable } from '../terminal/table.js';
import type { Terminal } from '../terminal/terminal.js';
import { dimsQuery } from './dims-option.js';
import { parseId } from './parse-id.js';

/** The explanation of a sub-group by id, or of the one of `pipeline/step` that has these dims. */
export async function fetchExplanation(client: ApiClient, name: string, dims: Dims): Promise<GapExplanation> {
  const id = name.includes('/') ? await findOne(client, name, dims) : parseId(name, 'sub-group', 'gaps');
  return client.get<GapExplanation>(`/gaps/${id}/explanation`);
}

/** What is listed to choose from. */
const MOST_CHOICES = 10;

async function findOne(client: ApiClient, name: string, dims: Dims): Promise<number> {
  const [pipeline, step] = name.split('/');
  const query = { pipeline, step, ...dimsQuery(dims) };
  const found = [
    ...(await client.list<Gap>('/gaps', query, MOST_CHOICES)),
    ...(await client.list<Gap>('/gaps', { ...query, state: 'current' }, MOST_CHOICES)),
  ];
  const [only] = found;
  if (only !== undefined && found.length === 1) return only.sub_group_id;
  const choices = found.slice(0, MOST_CHOICES).map((gap) => `${gap.sub_group_id} (${formatDims(gap.dims)})`);
  throw new CliError({
    message:
      found.length === 0
        ? `${name} has no sub-group with ${formatDims(dims)}.`
        : `${name} has several sub-groups with ${formatDims(dims)}: ${choices.join(', ')}${found.length > MOST_CHOICES ? ', …' : ''}.`,
    action: found.length === 0 ? '"meridian gaps" shows them.' : 'Name one by its id, or add --dims.',
    exitCode: EXIT_CODES.usage,
  });
}

/** The explanation for people: what it is, what differs, what it waits for, when it is run. */
export function printExplanation(terminal: Terminal, explained: GapExplanation, now: Date): void {
  const { colors } = terminal;
  const { gap } = explained;
  terminal.print(
    `${colors.bold(`${gap.pipeline}/${gap.step}`)}  ${formatDims(gap.dims)}  ${paintState(gap.state, colors)} (${formatAgo(gap.state_since, now)})`,
  );
  terminal.print(gap.explanation);
  terminal.print(lastResultOf(explained, now));
  for (const { title, table } of sectionsOf(explained, now, terminal)) {
    terminal.print('');
    terminal.print(colors.bold(title));
    terminal.print(table);
  }
  terminal.print('');
  for (const hold of explained.holds) terminal.print(`Its run is held: ${hold}.`);
  terminal.print(firingOf(explained, now));
}

function lastResultOf({ last_result: last, software_version: version }: GapExplanation, now: Date): string {
  if (last === null) return 'It never had a result.';
  const software =
    last.software_version === version
      ? `version ${version}`
      : `version ${last.software_version}, now it would be ${version}`;
  return `Last result: run ${last.run_id}, ${formatAgo(last.finished_at, now)}, with ${software}.`;
}

interface Section {
  readonly title: string;
  readonly table: string;
}

type Rows = readonly (readonly string[])[];

/** What there is to show, each as a table under its title. */
function sectionsOf(explained: GapExplanation, now: Date, { colors }: Pick<Terminal, 'colors'>): Section[] {
  const sections: readonly [title: string, head: readonly string[], rows: Rows][] = [
    [
      'Inputs that differ from the last result',
      ['what', 'item', 'was', 'is', 'when', 'by run'],
      inputRows(explained, now),
    ],
    [
      'Recipe',
      ['part', 'where', 'was', 'is'],
      explained.recipe.map(({ component, path, was, is }) => [component, path, jsonText(was), jsonText(is)]),
    ],
    ['Calibrations', ['name', 'was', 'is'], calibrationRows(explained)],
    ['Waits for', ['id', 'step', 'sub-group', 'state', 'why'], blockerRows(explained, colors)],
    [
      'Items that could not be placed',
      ['item', 'why'],
      (explained.report.refused ?? []).map(({ id, reason }) => [String(id), reason]),
    ],
  ];
  return sections
    .filter(([, , rows]) => rows.length > 0)
    .map(([title, head, rows]) => ({ title, table: renderTable({ head, rows }, colors) }));
}

const inputRows = ({ inputs }: GapExplanation, now: Date): Rows =>
  inputs.map(({ change, name, was, is, at, run_id: run }) => [
    change,
    name,
    shortHash(was),
    shortHash(is),
    formatAgo(at, now),
    String(run ?? ''),
  ]);

const calibrationRows = ({ associations }: GapExplanation): Rows =>
  associations.map(({ name, role, was, is }) => [
    role === 'only' ? name : `${name} (${role})`,
    choiceText(was),
    choiceText(is),
  ]);

const blockerRows = ({ blocked_by: blockers }: GapExplanation, colors: Terminal['colors']): Rows =>
  blockers.map((one) => [
    String(one.sub_group_id),
    one.step,
    formatDims(one.dims),
    paintState(one.state, colors),
    one.explanation,
  ]);

const shortHash = (hash: string | null): string => hash?.slice(0, 12) ?? '–';
const jsonText = (value: unknown): string => (value === null ? '–' : JSON.stringify(value));
const choiceText = (choice: AssociationChoice | null): string => {
  if (choice === null) return 'none';
  const { item, method, offset_seconds: offset } = choice;
  const distance =
    offset === 0 ? '' : `, ${formatDuration(Math.abs(offset))} ${offset < 0 ? 'before' : 'after'}`;
  return `${item} (${method}${distance})`;
};

/** One sentence: what has to happen, and when it can be at the earliest. */
export function firingOf(
  { needs, earliest_at: earliest, unaided_at: unaided }: GapExplanation,
  now: Date,
): string {
  const earliestText = earliest === null ? '' : ` It can be run ${when(earliest, now)} at the earliest.`;
  const unaidedText = unaided === null ? '' : ` If nothing comes, it is run ${when(unaided, now)}.`;
  switch (needs) {
    case 'change':
      return 'It is run again when something of it changes.';
    case 'person':
      return 'It is not run until somebody does something.';
    case 'nothing':
      return 'It is run now.';
    case 'time':
    case 'schedule':
      return earliest === null ? 'It is not run.' : `It is run ${when(earliest, now)}.`;
    case 'inputs':
      return `It needs data.${earliestText}${unaidedText}`;
    case 'producer':
      return `It needs a calibration that is being made.${earliestText}${unaidedText}`;
    case 'upstream':
      return `It needs results of the steps before it.${earliestText}`;
    case 'run':
      return `Its run must end first; it is run again only if something of it changes.`;
  }
}

const when = (at: string, now: Date): string =>
  new Date(at).getTime() - now.getTime() < 1000
    ? 'now'
    : `at ${at} (in ${formatDuration((new Date(at).getTime() - now.getTime()) / 1000)})`;
