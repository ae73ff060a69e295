import fc from 'fast-check';
import { chooseJobs } from './choose-jobs.js';

const capacity = { cpus: 4, memoryMb: 100, jobs: 3 };
const job = (name: string, cpus: number, memoryMb = 1): { name: string; cpus: number; memoryMb: number } => ({
  name,
  cpus,
  memoryMb,
});
const names = (jobs: readonly { name: string }[]): string => jobs.map(({ name }) => name).join('');

describe('chooseJobs', () => {
  it.each([
    ['nothing to do', [], [], ''],
    ['as many as there are CPUs for', [job('a', 2), job('b', 2), job('c', 1)], [], 'ab'],
    ['as many as there is memory for', [job('a', 1, 60), job('b', 1, 60)], [], 'a'],
    ['as many as may run at once', [job('a', 1), job('b', 1), job('c', 1), job('d', 1)], [], 'abc'],
    ['none while the machine is full', [job('a', 1)], [job('x', 4)], ''],
    ['a small job does not overtake a large one', [job('a', 4), job('b', 1)], [job('x', 1)], ''],
    ['a job larger than the machine runs alone', [job('a', 64, 9999), job('b', 1)], [], 'a'],
    ['a job larger than the machine waits for all of it', [job('a', 64)], [job('x', 1)], ''],
  ])('%s', (_, queued, running, expected) => {
    expect(names(chooseJobs(queued, running, capacity))).toBe(expected);
  });

  it('never gives out more than there is, and an empty machine always starts the first job', () => {
    const anyJob = fc.record({
      cpus: fc.integer({ min: 1, max: 9 }),
      memoryMb: fc.integer({ min: 1, max: 300 }),
    });
    fc.assert(
      fc.property(fc.array(anyJob, { minLength: 1 }), (queued) => {
        const chosen = chooseJobs(queued, [], capacity);
        const cpus = chosen.reduce((sum, one) => sum + Math.min(one.cpus, capacity.cpus), 0);
        return (
          chosen.length >= 1 &&
          chosen.length <= capacity.jobs &&
          cpus <= capacity.cpus &&
          chosen[0] === queued[0]
        );
      }),
    );
  });
});
