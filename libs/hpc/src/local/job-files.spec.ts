import fc from 'fast-check';
import { parseJobEnd } from './job-store.js';
import { parseJobProcess, parseProcessStat } from './process-table.js';

describe('the end of a job', () => {
  it('is read as the wrapper writes it', () => {
    expect(parseJobEnd('{"state":"FAILED","exit_code":3,"elapsed_seconds":12}\n')).toEqual({
      state: 'FAILED',
      exitCode: 3,
      elapsedSeconds: 12,
    });
  });

  it.each(['', '{', 'null', '[]', '{"state":"DONE","exit_code":0}', '{"exit_code":0}'])(
    '%j is a lost job',
    (text) => {
      expect(parseJobEnd(text)).toMatchObject({ state: 'NODE_FAIL', exitCode: null });
    },
  );

  it('is never an error, whatever the file holds', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => typeof parseJobEnd(text).state === 'string'),
    );
  });
});

describe('the process of a job', () => {
  it('is read as the wrapper writes it', () => {
    expect(parseJobProcess('41 9000 0b5e-4c pid:[4026531836] node1 1700000000\n')).toEqual({
      pid: 41,
      startTicks: '9000',
      bootId: '0b5e-4c',
      pidNamespace: 'pid:[4026531836]',
      host: 'node1',
      startedAt: new Date(1_700_000_000_000),
    });
  });

  it.each(['', '41', '41 9000 0b5e-4c pid:[1] node1 1700000000', 'x 9000 0b5e-4c pid:[1] node1 17\n'])(
    '%j is none',
    (text) => {
      expect(parseJobProcess(text)).toBeNull();
    },
  );

  it('is found in /proc whatever its name is', () => {
    const rest = 'S 1 41 41 0 -1 4194304 100 0 0 0 1 2 0 0 20 0 1 0 9000 2600000 200';
    expect(parseProcessStat(`41 (a) R) 7) ${rest}\n`)).toEqual({ state: 'S', startTicks: '9000' });
    expect(parseProcessStat('')).toBeNull();
  });
});
