import type { Command } from 'commander';
import type { Dims } from '@meridian/core';
import { EXIT_CODES } from '../cli-error.js';
import type { ExitCode } from '../cli-error.js';
import { examples, printJson } from '../command-context.js';
import type { CommandContext, Runner } from '../command-context.js';
import { datasetOf } from '../ingest/dataset.js';
import { findFitsFiles } from '../ingest/find-fits-files.js';
import { ingestFiles, noFilesIn, registerSource } from '../ingest/ingest-directory.js';
import type { IngestSummary } from '../ingest/ingest-directory.js';
import { ProgressDisplay } from '../terminal/progress.js';
import { collectDims } from './dims-option.js';

interface IngestOptions {
  readonly location?: string;
  readonly dims?: Dims;
}

export function addIngestCommand(program: Command, run: Runner): void {
  program
    .command('ingest')
    .description('Register FITS files as raw data: headers are read, every byte is hashed, nothing is copied')
    .argument('<paths...>', 'files, or directories that are searched to any depth')
    .option(
      '--location <name>',
      'name of the SOURCE location to make for the directory (default: made from its path)',
    )
    .option(
      '--dims <name=value>',
      'a dimension for every file, over what its header says (repeatable)',
      collectDims,
    )
    .addHelpText(
      'after',
      examples(
        'ingest ~/data/m17',
        'ingest night1 night2 --dims program=P113',
        'ingest tile.fits.gz --location archive',
      ),
    )
    .action((paths: string[], options: IngestOptions, command: Command) =>
      run(command, (context) => ingest(context, paths, options)),
    );
}

async function ingest(
  context: CommandContext,
  paths: readonly string[],
  options: IngestOptions,
): Promise<ExitCode> {
  const client = context.connect();
  const results: (IngestSummary & { readonly location: string; readonly base_path: string })[] = [];
  for (const path of paths) {
    const found = findFitsFiles(path);
    if (found.paths.length === 0) throw noFilesIn(path);
    const location = options.location ?? datasetOf(found.base);
    await registerSource(client, location, found.base);
    const display = new ProgressDisplay(context.terminal, new Date(), context.progress);
    const onProgress = (done: number, total: number): void => {
      // Without a terminal, a line for each file would be too many.
      if (context.terminal.isLive || done === total)
        display.update([{ name: 'ingest', done, total, running: 0, failed: 0, note: '' }], new Date());
    };
    results.push({
      location,
      base_path: found.base,
      ...(await ingestFiles({ client, found, location, dims: options.dims ?? {}, onProgress })),
    });
  }
  if (context.json) printJson(context, results);
  else for (const result of results) printSummary(context, result);
  return results.some((result) => result.failed.length > 0) ? EXIT_CODES.inputData : EXIT_CODES.ok;
}

/** One line of counts, and a line for every file that was left out. */
export function printSummary(
  { terminal }: Pick<CommandContext, 'terminal'>,
  result: IngestSummary & { readonly base_path: string },
): void {
  const { registered, changed, unchanged, failed } = result;
  for (const { message } of failed) terminal.note(`${terminal.colors.red('left out:')} ${message}`);
  terminal.print(
    `${result.base_path}: ${registered} new, ${changed} changed, ${unchanged} unchanged${failed.length > 0 ? `, ${failed.length} left out` : ''}`,
  );
}
