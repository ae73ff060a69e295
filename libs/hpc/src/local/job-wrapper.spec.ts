import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { JOB_WRAPPER } from './job-wrapper.js';

describe('the wrapper of a local job', () => {
  let base: string;
  beforeEach(() => {
    base = mkdtempSync(`${tmpdir()}/meridian-wrapper-`);
    for (const folder of ['processes', 'finished', 'stops']) mkdirSync(`${base}/${folder}`);
    writeFileSync(`${base}/job.sh`, 'echo run >>starts\n');
  });
  afterEach(() => rmSync(base, { recursive: true }));

  const wrap = () =>
    spawnSync('/bin/sh', ['-c', JOB_WRAPPER, 'wrapper', 'mrd-1-1', base, `${base}/job.sh`, '60', '5'], {
      cwd: base,
    });
  const starts = () => readFileSync(`${base}/starts`, 'utf8');

  it('runs the script and says how it ended', () => {
    wrap();

    expect(JSON.parse(readFileSync(`${base}/finished/mrd-1-1`, 'utf8'))).toMatchObject({
      state: 'COMPLETED',
      exit_code: 0,
    });
  });

  it('leaves a job alone that another wrapper of its token has begun', () => {
    wrap();
    wrap();

    expect(starts()).toBe('run\n');
  });

  it('does not begin a job again that came to its end before this wrapper came to life', () => {
    wrap();
    rmSync(`${base}/processes/mrd-1-1`);

    wrap();

    expect(starts()).toBe('run\n');
    expect(readdirSync(`${base}/processes`)).toEqual([]);
  });
});
