import type { Command } from 'commander';
import type { Dims } from '@meridian/core';
import type { Product } from '../api/api-types.js';
import { EXIT_CODES } from '../cli-error.js';
import type { ExitCode } from '../cli-error.js';
import { examples, printJson } from '../command-context.js';
import type { CommandContext, Runner } from '../command-context.js';
import { formatBytes, formatDims } from '../terminal/formats.js';
import { renderTable } from '../terminal/table.js';
import { collectDims, dimsQuery } from './dims-option.js';
import { parseLimit } from './limit-option.js';

interface ProductsOptions {
  readonly pipeline?: string;
  readonly step?: string;
  readonly type?: string;
  readonly dims?: Dims;
  readonly stale?: boolean;
  readonly failedOnly?: boolean;
  readonly filter?: string;
  readonly grouping?: string;
  readonly asOf?: string;
  readonly tainted?: boolean;
  readonly limit: number;
}

export function addProductsCommand(program: Command, run: Runner): void {
  program
    .command('products')
    .description('Current data products, newest first')
    .option('--pipeline <name>', 'only of this pipeline')
    .option('--step <name>', 'only of this step')
    .option(
      '--type <type>',
      'only of this type: SCIENCE, QA_METRIC, PLOT, STATISTICS, LOG, INTERMEDIATE, TABLE, OTHER',
    )
    .option('--dims <name=value>', 'only with this dimension (repeatable)', collectDims)
    .option('--stale', 'those that are not what would be made today, superseded ones too, and why')
    .option('--failed-only', 'those whose newest work failed, or some items of it, and was not healed since')
    .option('--filter <json>', 'only what a filter as groupings have it selects, over FITS headers too')
    .option('--grouping <name>', 'only of pipelines of this grouping')
    .option('--as-of <time>', 'those that were current then: ISO 8601 with its zone')
    .option('--tainted', 'only those that are, or are made of, what was marked bad')
    .option('--limit <n>', 'at most so many', parseLimit, 100)
    .addHelpText(
      'after',
      examples('products --type SCIENCE', 'products --pipeline m17 --step mosaic --json', 'products --stale'),
    )
    .action((options: ProductsOptions, command: Command) =>
      run(command, (context) => products(context, options)),
    );
}

async function products(
  context: CommandContext,
  { pipeline, step, type, dims, filter, grouping, asOf, tainted, stale, failedOnly, limit }: ProductsOptions,
): Promise<ExitCode> {
  const found = await context.connect().list<Product>(
    '/products',
    {
      ...{ pipeline, step, type: type?.toUpperCase(), filter, ...dimsQuery(dims ?? {}) },
      ...{ grouping, as_of: asOf, tainted },
      ...(stale === true ? { stale } : {}),
      ...(failedOnly === true ? { failed_only: failedOnly } : {}),
    },
    limit,
  );
  if (context.json) printJson(context, found);
  else if (found.length === 0) context.terminal.print('There is no such product.');
  else context.terminal.print(productTable(found, context));
  return EXIT_CODES.ok;
}

/** Products as a table. */
export function productTable(
  found: readonly Product[],
  { terminal }: Pick<CommandContext, 'terminal'>,
): string {
  const showsWhy = found.some((product) => (product.stale_reasons ?? []).length > 0);
  const rows = found.map((product) => [
    String(product.id),
    product.type,
    product.step,
    product.path,
    formatBytes(product.size_bytes),
    product.bytes,
    String(product.run_id),
    product.preview ?? '',
    formatDims(product.dims),
    ...(showsWhy ? [(product.stale_reasons ?? []).join(', ')] : []),
  ]);
  const head = [
    'id',
    'type',
    'step',
    'file',
    'size',
    'bytes',
    'run',
    'preview',
    'dims',
    ...(showsWhy ? ['stale by'] : []),
  ];
  return renderTable({ head, rows, right: [0, 4, 6] }, terminal.colors);
}
