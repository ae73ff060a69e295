import type { Dims } from '@meridian/core';
import type { Command } from 'commander';
import type { ResultTable } from '../api/table-types.js';
import { CliError, EXIT_CODES } from '../cli-error.js';
import type { ExitCode } from '../cli-error.js';
import { examples, printJson } from '../command-context.js';
import type { CommandContext, Runner } from '../command-context.js';
import { writeTableExport } from '../files/export-table.js';
import { freePath } from '../files/write-verified.js';
import { formatBytes } from '../terminal/formats.js';
import { renderTable } from '../terminal/table.js';
import { collectDims, dimsQuery } from './dims-option.js';
import { addItemGapsCommand } from './item-gaps.command.js';

const FORMATS = ['fits', 'csv', 'parquet', 'sql'];

interface ExportOptions {
  readonly format?: string;
  readonly output?: string;
  readonly dims?: Dims;
  readonly columnsOfDims?: string;
  readonly includeStale?: boolean;
  readonly force?: boolean;
}

export function addTablesCommand(program: Command, run: Runner): void {
  const tables = program
    .command('tables')
    .description('Tables of results that runs fill, with units and flags')
    .argument('[software/table]', 'show one, with its columns')
    .addHelpText(
      'after',
      examples('tables', 'tables extract/sources', 'tables export extract/sources -o sources.fits'),
    )
    .action((name: string | undefined, _options: unknown, command: Command) =>
      run(command, (context) => (name === undefined ? list(context) : show(context, name))),
    );
  tables
    .command('export')
    .description('Write the present rows of a table to a file, with a manifest beside it')
    .argument('<software/table>', 'the table')
    .option('--format <format>', `${FORMATS.join(', ')} (default: what the file is called by, else fits)`)
    .option('-o, --output <path>', 'file or directory to write to (default: its own name, here)')
    .option('--dims <name=value>', 'only of what has this dimension (repeatable)', collectDims)
    .option('--columns-of-dims <names>', 'dimensions, separated by commas, that become columns')
    .option('--include-stale', 'rows whose inputs or recipe have changed since, too')
    .option('-f, --force', 'write over an existing file')
    .action((name: string, options: ExportOptions, command: Command) =>
      run(command, (context) => exportTable(context, name, options)),
    );
  addItemGapsCommand(tables, run);
}

async function list(context: CommandContext): Promise<ExitCode> {
  const found = await context.connect().list<ResultTable>('/result-tables', {}, 10_000);
  if (context.json) printJson(context, found);
  else if (found.length === 0)
    context.terminal.print('No software declares a table. See "tables" of a software version.');
  else {
    const rows = found.map(({ software, name, rows_of, columns, versions, description }) => [
      `${software}/${name}`,
      rows_of,
      String(columns.length),
      versions.join(', '),
      description,
    ]);
    const head = ['table', 'a row for each', 'columns', 'versions', 'description'];
    context.terminal.print(renderTable({ head, rows, right: [2] }, context.terminal.colors));
  }
  return EXIT_CODES.ok;
}

async function show(context: CommandContext, name: string): Promise<ExitCode> {
  const table = await context.connect().get<ResultTable>(pathOf(name));
  if (context.json) printJson(context, table);
  else {
    const { terminal } = context;
    const rows = table.columns.map(({ name: column, type, unit, section, description, bits }) => [
      table.key.includes(column) ? `${column} (key)` : column,
      type,
      unit,
      section,
      [description, ...bits.map((bit) => `${2 ** bit.bit} ${bit.name}`)]
        .filter((part) => part !== '')
        .join('; '),
    ]);
    terminal.print(
      `${table.software}/${table.name}: ${table.description}\nin SQL: results.${table.relation}__current\n`,
    );
    terminal.print(
      renderTable({ head: ['column', 'type', 'unit', 'section', 'description'], rows }, terminal.colors),
    );
  }
  return EXIT_CODES.ok;
}

async function exportTable(context: CommandContext, name: string, options: ExportOptions): Promise<ExitCode> {
  const format = formatOf(options);
  const [, table = name] = name.split('/');
  const path = freePath(`${table}.${format}`, {
    from: context.cwd,
    output: options.output,
    force: options.force,
  });
  const query = {
    format,
    include_stale: options.includeStale === true ? 'true' : undefined,
    columns_of_dims: options.columnsOfDims,
    ...dimsQuery(options.dims ?? {}),
  };
  const manifest = await writeTableExport(context.connect(), { route: pathOf(name), query, path });
  if (context.json) printJson(context, { ...manifest, written_to: path });
  else
    context.terminal.print(
      `${path} (${manifest.rows} rows, ${formatBytes(manifest.size_bytes)}, SHA-256 verified), and ${path}.manifest.json`,
    );
  return EXIT_CODES.ok;
}

function formatOf({ format, output = '' }: ExportOptions): string {
  const ending = output.slice(output.lastIndexOf('.') + 1);
  const wanted = format ?? (FORMATS.includes(ending) ? ending : 'fits');
  if (FORMATS.includes(wanted)) return wanted;
  throw new CliError({
    message: `There is no format "${wanted}".`,
    action: `Choose one of ${FORMATS.join(', ')}.`,
    exitCode: EXIT_CODES.usage,
  });
}

function pathOf(name: string): string {
  const [software, table, ...more] = name.split('/');
  if (software !== undefined && table !== undefined && table !== '' && more.length === 0)
    return `/result-tables/${encodeURIComponent(software)}/${encodeURIComponent(table)}`;
  throw new CliError({
    message: `"${name}" does not name a table.`,
    action: 'Name it as software/table; "meridian tables" lists them.',
    exitCode: EXIT_CODES.usage,
  });
}
