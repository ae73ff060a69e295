import { spawn } from 'node:child_process';
import { existsSync, renameSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { CliError, EXIT_CODES } from '../cli-error.js';
import type { CommandContext } from '../command-context.js';
import { datasetOf } from '../ingest/dataset.js';
import { findFitsFiles } from '../ingest/find-fits-files.js';
import { checkoutRoot } from '../supervisor/home.js';
import type { SummaryProduct } from './demo-summary.js';

/** The files that a demo reduces, and the short name that all it makes of them carries. */
export interface Dataset {
  readonly name: string;
  readonly directory: string;
}

/** The rendered star field. */
const RENDERED = 'pleiades';

/** The user's directory, or the rendered field, which is made in the home the first time. */
export async function datasetFor(context: CommandContext, input: string | undefined): Promise<Dataset> {
  if (input !== undefined) {
    const { base } = findFitsFiles(resolve(context.cwd, input));
    return { name: datasetOf(base), directory: base };
  }
  const directory = join(context.home.path, RENDERED);
  if (!existsSync(directory)) await render(context, directory);
  return { name: RENDERED, directory };
}

/** A file of examples/imaging. */
export function exampleFile(name: string): string {
  const path = join(checkoutRoot() ?? '', 'examples', 'imaging', name);
  if (existsSync(path)) return path;
  throw new CliError({
    message: `${path} is missing: the demo needs the examples of a checkout.`,
    action: 'Run the demo from a clone of the repository: npm run demo',
    exitCode: EXIT_CODES.other,
  });
}

// Under another name until all files are there.
async function render(context: CommandContext, directory: string): Promise<void> {
  context.terminal.note('Rendering five exposures of the Pleiades …');
  const temporary = `${directory}.new`;
  rmSync(temporary, { recursive: true, force: true });
  const { ok, output } = await runExample('render.mjs', [temporary]);
  if (!ok) {
    throw new CliError({
      message: `The star field could not be rendered: ${output.trim()}`,
      action: `Check free space and permissions in ${context.home.path}.`,
      exitCode: EXIT_CODES.other,
    });
  }
  renameSync(temporary, directory);
}

/** Compares the mosaic's source list with the stars that were rendered; prints what it found, and says whether that is good. */
export async function checkRendered(
  { terminal, home }: CommandContext,
  products: readonly SummaryProduct[],
): Promise<boolean> {
  const sources = products.find(
    (product) => product.step === 'mosaic' && product.path.endsWith('/sources.csv'),
  );
  if (sources === undefined) return false;
  const { ok, output } = await runExample('check.mjs', [
    sources.path,
    join(home.path, RENDERED, 'truth.csv'),
  ]);
  terminal.print(terminal.colors.bold('Recovered magnitudes'));
  terminal.print(output.trimEnd());
  return ok;
}

async function runExample(name: string, args: readonly string[]): Promise<{ ok: boolean; output: string }> {
  const child = spawn(process.execPath, [exampleFile(name), ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const code = await new Promise<number | null>((done, fail) => {
    child.once('error', fail);
    child.once('close', done);
  });
  return { ok: code === 0, output };
}
