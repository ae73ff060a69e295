import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { JobSpec } from '@meridian/core';
import type { FakeEnd } from '@meridian/hpc';

const CONTENT = 'a product\n';
const SHA256 = createHash('sha256').update(CONTENT).digest('hex');

/** What an instant job leaves behind: one product and the record of the container contract. */
export async function succeedAtOnce(job: JobSpec): Promise<FakeEnd> {
  const [, runId = '0', attempt = '0'] = /^mrd-[a-z0-9]+-(\d+)-(\d+)$/.exec(job.token) ?? [];
  const output = join(job.directory, 'output', 'science');
  await mkdir(output, { recursive: true });
  await writeFile(join(output, 'product.fits'), CONTENT);
  const at = new Date().toISOString();
  const record = {
    contract_version: 1,
    token: job.token,
    run_id: Number(runId),
    attempt: Number(attempt),
    exit_code: 0,
    host: 'bench',
    job_id: null,
    started_at: at,
    ended_at: at,
    cpu_seconds: null,
    peak_memory_mb: null,
    files: [
      {
        path: 'science/product.fits',
        size_bytes: CONTENT.length,
        mtime: Math.floor(Date.now() / 1000),
        sha256: SHA256,
      },
    ],
  };
  await writeFile(join(job.directory, 'result.json'), JSON.stringify(record));
  return { state: 'COMPLETED', exitCode: 0 };
}
