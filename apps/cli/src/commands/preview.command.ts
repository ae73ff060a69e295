import type { Command } from 'commander';
import type { ProductDetail } from '../api/api-types.js';
import { EXIT_CODES } from '../cli-error.js';
import type { ExitCode } from '../cli-error.js';
import { examples, printJson } from '../command-context.js';
import type { CommandContext, Runner } from '../command-context.js';
import { freePath, writeVerified } from '../files/write-verified.js';
import { parseId } from './parse-id.js';

interface PreviewOptions {
  readonly output?: string;
  readonly force?: boolean;
}

export function addPreviewCommand(program: Command, run: Runner): void {
  program
    .command('preview')
    .description('Download a small picture of a product')
    .argument('<product>', 'id of the product')
    .option('-o, --output <path>', 'file or directory to write to (default: its own name with .png, here)')
    .option('-f, --force', 'write over an existing file')
    .addHelpText('after', examples('preview 42', 'preview 42 -o mosaic.png'))
    .action((id: string, options: PreviewOptions, command: Command) =>
      run(command, (context) => preview(context, parseId(id, 'product', 'products'), options)),
    );
}

async function preview(
  context: CommandContext,
  id: number,
  { output, force }: PreviewOptions,
): Promise<ExitCode> {
  const client = context.connect();
  const product = await client.get<ProductDetail>(`/products/${id}`);
  const stem = product.path.replace(/(\.fits)?\.[A-Za-z0-9]+$/i, '');
  const path = freePath(`${stem}.png`, { from: context.cwd, output, force });
  const { body, said } = await client.download(`/products/${id}/preview`, {}, 'ETag');
  await writeVerified(body, path, {
    sha256: said?.replaceAll('"', '') ?? '',
    onMismatch: (found) => ({
      message: `The picture has the SHA-256 ${found}, but ${said ?? 'nothing'} was announced.`,
      action: 'Try again.',
    }),
  });
  if (context.json) printJson(context, { product: id, written_to: path });
  else context.terminal.print(path);
  return EXIT_CODES.ok;
}
