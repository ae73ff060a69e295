import type { Command } from 'commander';
import type { ProductDetail } from '../api/api-types.js';
import { EXIT_CODES } from '../cli-error.js';
import type { ExitCode } from '../cli-error.js';
import { examples, printJson } from '../command-context.js';
import type { CommandContext, Runner } from '../command-context.js';
import { freePath, writeVerified } from '../files/write-verified.js';
import { formatBytes } from '../terminal/formats.js';
import { parseId } from './parse-id.js';

interface GetOptions {
  readonly output?: string;
  readonly force?: boolean;
}

export function addGetCommand(program: Command, run: Runner): void {
  program
    .command('get')
    .description('Download a product and verify its SHA-256')
    .argument('<product>', 'id of the product')
    .option('-o, --output <path>', 'file or directory to write to (default: its own name, here)')
    .option('-f, --force', 'write over an existing file')
    .addHelpText('after', examples('get 42', 'get 42 -o mosaic.fits'))
    .action((id: string, options: GetOptions, command: Command) =>
      run(command, (context) => get(context, parseId(id, 'product', 'products'), options)),
    );
}

async function get(context: CommandContext, id: number, { output, force }: GetOptions): Promise<ExitCode> {
  const client = context.connect();
  const product = await client.get<ProductDetail>(`/products/${id}`);
  const path = freePath(product.path, { from: context.cwd, output, force });
  await writeVerified(await client.stream(`/products/${id}/content`), path, {
    sha256: product.sha256,
    onMismatch: (found) => ({
      message: `The bytes of product ${id} have the SHA-256 ${found}, but it was registered with ${product.sha256}.`,
      action: 'Try again; if it stays so, the file at its location was changed: have the step run again.',
    }),
  });
  if (context.json) printJson(context, { ...product, written_to: path });
  else context.terminal.print(`${path} (${formatBytes(product.size_bytes)}, SHA-256 verified)`);
  return EXIT_CODES.ok;
}
