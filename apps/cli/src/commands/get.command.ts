import { createHash, randomUUID } from 'node:crypto';
import { createWriteStream, existsSync, mkdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline as streamPipeline } from 'node:stream/promises';
import type { Command } from 'commander';
import type { ProductDetail } from '../api/api-types.js';
import { CliError, EXIT_CODES } from '../cli-error.js';
import type { ExitCode } from '../cli-error.js';
import { examples, printJson } from '../command-context.js';
import type { CommandContext, Runner } from '../command-context.js';
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
  const path = targetPath(product.path, resolve(context.cwd, output ?? '.'));
  if (existsSync(path) && force !== true) {
    throw new CliError({
      message: `${path} exists already.`,
      action: 'Choose another name with -o, or write over it with --force.',
      exitCode: EXIT_CODES.usage,
    });
  }
  await writeVerified(await client.stream(`/products/${id}/content`), path, product);
  if (context.json) printJson(context, { ...product, written_to: path });
  else context.terminal.print(`${path} (${formatBytes(product.size_bytes)}, SHA-256 verified)`);
  return EXIT_CODES.ok;
}

const targetPath = (productPath: string, output: string): string =>
  existsSync(output) && statSync(output).isDirectory() ? join(output, basename(productPath)) : output;

// Under another name until it is verified: a broken download never looks like the product.
async function writeVerified(
  body: ReadableStream<Uint8Array>,
  path: string,
  product: ProductDetail,
): Promise<void> {
  const temporary = `${path}.${randomUUID().slice(0, 8)}.part`;
  mkdirSync(dirname(path), { recursive: true });
  const hash = createHash('sha256');
  const hashing = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      done(null, chunk);
    },
  });
  try {
    await streamPipeline(
      Readable.fromWeb(body as Parameters<typeof Readable.fromWeb>[0]),
      hashing,
      createWriteStream(temporary),
    );
    const sha256 = hash.digest('hex');
    if (sha256 !== product.sha256) {
      throw new CliError({
        message: `The bytes of product ${product.id} have the SHA-256 ${sha256}, but it was registered with ${product.sha256}.`,
        action: 'Try again; if it stays so, the file at its location was changed: have the step run again.',
        exitCode: EXIT_CODES.inputData,
      });
    }
    renameSync(temporary, path);
  } finally {
    rmSync(temporary, { force: true });
  }
}
