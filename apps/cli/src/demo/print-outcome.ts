import type { CommandContext } from '../command-context.js';
import { lineageTree } from '../api/lineage-tree.js';
import { gapTable } from '../commands/gaps.command.js';
import { distinguishingDims, formatBytes, formatNumber } from '../terminal/formats.js';
import { renderTable } from '../terminal/table.js';
import { renderTree } from '../terminal/tree.js';
import type { DemoOutcome } from './outcome.js';

/** Says what came out: products, previews, the mosaic's lineage, provenance and metrics, tables, and what is missing, with what to try. */
export function printOutcome(context: CommandContext, outcome: DemoOutcome): void {
  printProducts(context, outcome);
  printMosaic(context, outcome);
  printSources(context, outcome);
  printGaps(context, outcome);
}

function printProducts({ terminal }: CommandContext, { products }: DemoOutcome): void {
  const { colors } = terminal;
  const dims = distinguishingDims(products.map((product) => product.dims));
  const rows = products.map((product, index) => [
    String(product.id),
    product.type,
    product.step,
    product.path.slice(product.path.lastIndexOf('/output/') + '/output/'.length),
    formatBytes(product.size_bytes),
    String(product.run_id),
    Object.values(dims[index] ?? {}).join(' '),
  ]);
  if (products.length === 0) return;
  terminal.print('');
  terminal.print(
    renderTable(
      { head: ['id', 'type', 'step', 'file', 'size', 'run', 'of'], rows, right: [0, 4, 5] },
      colors,
    ),
  );
  const previews = products.filter((product) => product.type === 'PLOT');
  if (previews.length > 0) terminal.print(`\n${colors.bold('Previews')}`);
  for (const preview of previews) terminal.print(`  ${preview.path}`);
}

function printMosaic({ terminal }: CommandContext, { mosaic }: DemoOutcome): void {
  if (mosaic === null) return;
  const { colors } = terminal;
  terminal.print(`\n${colors.bold('What the mosaic is made from')}`);
  for (const line of renderTree(lineageTree(mosaic.lineage, mosaic.product.id, 'up')))
    terminal.print(`  ${line}`);
  terminal.print(`\n${colors.bold('Its provenance, with the checksum of every raw file')}`);
  for (const { path, size_bytes } of mosaic.provenance)
    terminal.print(`  ${path} (${formatBytes(size_bytes)})`);
  terminal.print(`\n${colors.bold('Its metrics')}`);
  for (const { name, value, unit } of mosaic.run.metrics)
    terminal.print(`  ${name.padEnd(40)} ${formatNumber(value)} ${unit}`);
  for (const { code, message } of mosaic.run.warnings)
    terminal.print(`  ${colors.yellow('warning')} ${code}: ${message}`);
}

function printSources({ terminal }: CommandContext, { sources }: DemoOutcome): void {
  if (sources === null || sources.rows === 0) return;
  const { colors } = terminal;
  const flagged = Object.entries(sources.flagged).map(([name, count]) => `${count} ${name}`);
  terminal.print(
    `\n${colors.bold('Sources of every exposure')}: ${sources.rows} of ${sources.exposures} exposures, in the result table ${sources.table}` +
      (flagged.length === 0 ? '' : ` (${flagged.join(', ')})`),
  );
  const rows = sources.brightest.map((source) => [
    source['item'] ?? '',
    source['ra_deg'] ?? '',
    source['dec_deg'] ?? '',
    source['mag'] === '' ? '' : `${source['mag'] ?? ''} ± ${source['mag_error'] ?? ''}`,
    source['fwhm_pix'] ?? '',
    source['flags'] ?? '',
  ]);
  const head = ['the brightest, on', 'RA [deg]', 'Dec [deg]', 'magnitude', 'FWHM [pixel]', 'beware'];
  terminal.print(renderTable({ head, rows, right: [1, 2, 4] }, colors));
  for (const { path, size_bytes } of sources.files) terminal.print(`  ${path} (${formatBytes(size_bytes)})`);
}

function printGaps(context: CommandContext, { gaps, runs, pipeline, leftOut }: DemoOutcome): void {
  const { terminal } = context;
  const { colors } = terminal;
  terminal.print('');
  if (leftOut.length > 0) terminal.print(colors.red(`${leftOut.length} file(s) were left out.`));
  if (gaps.length === 0) {
    terminal.print(colors.green(`Every result of ${pipeline.name} is current (${runs.length} runs so far).`));
    return;
  }
  terminal.print(colors.red(`${gaps.length} result(s) of ${pipeline.name} are missing:`));
  terminal.print(gapTable(gaps, context, new Date()));
  const inTheWay = new Set(gaps.map((gap) => gap.last_run?.id));
  for (const run of runs.filter((one) => one.status === 'FAILED' && inTheWay.has(one.id))) {
    terminal.print(
      `\nrun ${run.id} (${run.step}) failed, ${run.failure_class ?? 'unknown'}: ${run.failure_reason ?? ''}`,
    );
    terminal.print(
      colors.dim(
        `  next: meridian logs ${run.id}; then meridian retry ${run.id}, or meridian waive ${run.sub_group_id} --reason "…"`,
      ),
    );
  }
}
