import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, open, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { buildJobScript, hostCommand, parseResultRecord } from '@meridian/core';
import { median, type BenchmarkContext, type Figures } from './report.js';

export interface ChecksumOptions {
  /** Of the files that are hashed, together. */
  readonly bytes: number;
  readonly rounds: number;
}

const FILES = 64;
const PART = randomBytes(1 << 20);

/**
 * P13: a whole job script whose step does nothing over finished outputs (claim, heartbeat, walk, checksums, record), with one CPU, beside
 * `openssl dgst -sha256` over the same files; by turns, both from the page cache.
 */
export async function resultsChecksums(
  { log }: Pick<BenchmarkContext, 'log'>,
  { bytes, rounds }: ChecksumOptions,
): Promise<Figures> {
  const base = await mkdtemp(join(tmpdir(), 'meridian-bench-'));
  try {
    const files = await outputsIn(base, bytes);
    await yardstick(files);
    const seconds = { script: [] as number[], openssl: [] as number[] };
    for (let round = 1; round <= rounds; round += 1) {
      seconds.openssl.push(await yardstick(files));
      seconds.script.push(await scriptOver(base, round));
      log(
        `round ${round}: job script ${seconds.script.at(-1)?.toFixed(2)} s, openssl ${seconds.openssl.at(-1)?.toFixed(2)} s`,
      );
    }
    const rate = (taken: readonly number[]): number => bytes / 1e6 / median(taken);
    const ratio = rate(seconds.script) / rate(seconds.openssl);
    return {
      P13: {
        value: rate(seconds.script),
        unit: 'MB/s',
        yardstick: { name: 'openssl dgst -sha256', value: rate(seconds.openssl) },
        ratio,
        goal: '≥ 0.9 × the yardstick',
        holds: ratio >= 0.9,
        note: `${FILES} files of ${(bytes / 1e6 / FILES).toFixed(1)} MB, one CPU, medians of ${rounds} rounds`,
      },
    };
  } finally {
    await rm(base, { recursive: true });
  }
}

/** The directory that every script takes as its output, filled. */
async function outputsIn(base: string, bytes: number): Promise<string[]> {
  const directory = join(base, 'attempt', 'output');
  await mkdir(directory, { recursive: true });
  const each = Math.ceil(bytes / FILES);
  for (let n = 0; n < FILES; n += 1) {
    const file = await open(join(directory, `image-${n}.fits`), 'w');
    for (let left = each; left > 0; left -= PART.length)
      await file.write(PART, 0, Math.min(left, PART.length));
    await file.close();
  }
  return (await readdir(directory)).map((name) => join(directory, name));
}

async function secondsOf(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return (performance.now() - startedAt) / 1000;
}

const yardstick = (files: readonly string[]): Promise<number> =>
  secondsOf(() => promisify(execFile)('openssl', ['dgst', '-sha256', ...files]));

async function scriptOver(base: string, attempt: number): Promise<number> {
  const directory = join(base, 'attempt');
  await rm(join(directory, 'claim'), { recursive: true, force: true });
  await rm(join(directory, 'result.json'), { force: true });
  const script = buildJobScript({
    token: `mrd-1-${attempt}`,
    runId: 1,
    attempt,
    directory,
    argv: hostCommand(['true']),
    environment: { WORKFLOW_CPUS: '1' },
    heartbeatSeconds: 30,
    retrySeconds: 1,
    stopSeconds: 2,
  });
  await writeFile(join(directory, 'job.sh'), script);
  const seconds = await secondsOf(() => promisify(execFile)('sh', [join(directory, 'job.sh')]));
  const { files } = parseResultRecord(await readFile(join(directory, 'result.json'), 'utf8'));
  if (files.length !== FILES) throw new Error(`the record has ${files.length} of ${FILES} files`);
  return seconds;
}
