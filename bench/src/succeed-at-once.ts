import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { JobSpec } from '@meridian/core';
import type { FakeEnd } from '@meridian/hpc';

const CONTENT = 'a product\n';

/** What an instant job leaves behind: one product and the record of the container contract. */
export const succeedAtOnce = succeedWith(new Map([['science/product.fits', CONTENT]]));

/** The same with these products, by their paths in the output directory. */
export function succeedWith(products: ReadonlyMap<string, string>): (job: JobSpec) => Promise<FakeEnd> {
  const mtime = Math.floor(Date.now() / 1000);
  const files = [...products].map(([path, content]) => ({
    path,
    size_bytes: Buffer.byteLength(content, 'latin1'),
    mtime,
    sha256: createHash('sha256').update(content, 'latin1').digest('hex'),
  }));
  return async (job) => {
    const [, runId = '0', attempt = '0'] = /^mrd-[a-z0-9]+-(\d+)-(\d+)$/.exec(job.token) ?? [];
    for (const [path, content] of products) {
      const file = join(job.directory, 'output', path);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, content, 'latin1');
    }
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
      files,
    };
    await writeFile(join(job.directory, 'result.json'), JSON.stringify(record));
    return { state: 'COMPLETED', exitCode: 0 };
  };
}
