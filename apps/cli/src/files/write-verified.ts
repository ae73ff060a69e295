import { createHash, randomUUID } from 'node:crypto';
import { createWriteStream, existsSync, mkdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline as streamPipeline } from 'node:stream/promises';
import { CliError, EXIT_CODES } from '../cli-error.js';

/** Where a file goes that is called `name` at its source: `output` is a path or a directory, and nothing is written over unless asked. */
export function freePath(
  name: string,
  { from, output, force }: { from: string; output: string | undefined; force: boolean | undefined },
): string {
  const wanted = resolve(from, output ?? '.');
  const path = existsSync(wanted) && statSync(wanted).isDirectory() ? join(wanted, basename(name)) : wanted;
  if (!existsSync(path) || force === true) return path;
  throw new CliError({
    message: `${path} exists already.`,
    action: 'Choose another name with -o, or write over it with --force.',
    exitCode: EXIT_CODES.usage,
  });
}

export interface Verification {
  readonly sha256: string;
  readonly onMismatch: (found: string) => { readonly message: string; readonly action: string };
}

/** Writes a download under another name until it is verified: a broken one never looks like the file. */
export async function writeVerified(
  body: ReadableStream<Uint8Array>,
  path: string,
  { sha256, onMismatch }: Verification,
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
    const found = hash.digest('hex');
    if (found !== sha256) throw new CliError({ ...onMismatch(found), exitCode: EXIT_CODES.inputData });
    renameSync(temporary, path);
  } finally {
    rmSync(temporary, { force: true });
  }
}
