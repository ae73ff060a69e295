import type { Command } from 'commander';
import { CliError, EXIT_CODES } from '../cli-error.js';
import type { ExitCode } from '../cli-error.js';
import { examples, printJson } from '../command-context.js';
import type { CommandContext, Runner } from '../command-context.js';
import { freePath } from '../files/write-verified.js';
import { writeWhole } from '../files/write-whole.js';
import { parseSubjectArgument } from './subject-argument.js';

/** What each document is called by itself. */
const FORMATS: Readonly<Record<string, (name: string) => string>> = {
  'prov-json': (name) => `${name}.prov.json`,
  'ro-crate': () => 'ro-crate-metadata.json',
  ivoa: (name) => `${name}.provenance.vot`,
};

interface ProvenanceOptions {
  readonly format: string;
  readonly output?: string;
  readonly force?: boolean;
}

export function addProvenanceCommand(program: Command, run: Runner): void {
  program
    .command('provenance')
    .description(
      'Write how a product came about, down to the raw files and their checksums, in a public format',
    )
    .argument('<subject>', 'id of the product, or run:5 for all products of a run')
    .option(
      '--format <format>',
      'prov-json (W3C), ro-crate (metadata of a Process Run Crate) or ivoa (IVOA ProvDM as a VOTable)',
      'prov-json',
    )
    .option(
      '-o, --output <path>',
      'file or directory to write to, - for standard output (default: its own name, here)',
    )
    .option('-f, --force', 'write over an existing file')
    .addHelpText(
      'after',
      examples(
        'provenance 42',
        'provenance 42 --format ro-crate -o crate/',
        'provenance run:5 --format ivoa -o -',
      ),
    )
    .action((subject: string, options: ProvenanceOptions, command: Command) =>
      run(command, (context) => provenance(context, parseSubjectArgument(subject, ['item', 'run']), options)),
    );
}

async function provenance(
  context: CommandContext,
  of: string,
  { format, output, force }: ProvenanceOptions,
): Promise<ExitCode> {
  const called = FORMATS[format];
  if (called === undefined)
    throw new CliError({
      message: `There is no format "${format}".`,
      action: `Choose one of ${Object.keys(FORMATS).join(', ')}.`,
      exitCode: EXIT_CODES.usage,
    });
  const [kind, id = ''] = of.split(':');
  const path =
    output === '-'
      ? null
      : freePath(called(`${kind === 'item' ? 'product' : 'run'}-${id}`), {
          from: context.cwd,
          output,
          force,
        });
  const { text } = await context
    .connect()
    .text(`/${kind === 'item' ? 'products' : 'runs'}/${id}/provenance`, { format });
  if (path === null) {
    context.terminal.write(text);
    return EXIT_CODES.ok;
  }
  writeWhole(path, text);
  if (context.json) printJson(context, { of, format, written_to: path });
  else context.terminal.print(path);
  return EXIT_CODES.ok;
}
