import * as fc from 'fast-check';
import { RUN_STATUSES, type RunStatus } from '../run/run-status.js';
import {
  cleanLooksAfter,
  describeKill,
  isProven,
  STATUSES_WITH_JOB,
  type KillAccount,
  type KillLook,
  type KillSiteAccount,
} from './kill-proof.js';

const few = fc.integer({ min: 0, max: 1 });
const LOOK: fc.Arbitrary<KillLook> = fc.record({
  hasAnswered: fc.boolean(),
  aliveCount: few,
  runsWithJob: few,
});
const isClean = (look: KillLook | undefined): boolean =>
  look !== undefined && look.hasAnswered && look.aliveCount === 0 && look.runsWithJob === 0;

const SITE: KillSiteAccount = {
  location: 'lab-rest',
  answeredAt: '2026-01-01T00:00:00.000Z',
  silence: null,
  aliveCount: 0,
  cleanLooks: 2,
};
const account = (changes: Partial<KillAccount> = {}): KillAccount => ({
  settledAt: null,
  liftedBy: null,
  runs: {},
  sites: [SITE],
  ...changes,
});

describe('the proof of a kill', () => {
  it('is there exactly when the last two looks at every site were clean and no run can get a job', () => {
    const sites = fc.array(fc.array(LOOK, { maxLength: 6 }), { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(sites, few, (looks, runsWithJob) => {
        const cleanLooks = looks.map((ofSite) => ofSite.reduce(cleanLooksAfter, 0));
        const expected =
          runsWithJob === 0 && looks.every((ofSite) => isClean(ofSite.at(-1)) && isClean(ofSite.at(-2)));
        expect(isProven({ runsWithJob, cleanLooks })).toBe(expected);
      }),
      { numRuns: 2_000 },
    );
  });

  it('is lost by one look that got no answer, however many were clean before', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1_000 }), LOOK, (before, look) => {
        expect(cleanLooksAfter(before, { ...look, hasAnswered: false })).toBe(0);
      }),
    );
  });

  it('waits for every status but those without a job', () => {
    expect(RUN_STATUSES.filter((status) => !STATUSES_WITH_JOB.some((waited) => waited === status))).toEqual([
      'COLLECTING_RESULTS',
      'COMPLETED',
      'COMPLETED_WITH_WARNINGS',
      'FAILED',
      'CANCELLED',
    ] satisfies RunStatus[]);
  });
});

describe('the words of a kill', () => {
  it('say what was proven', () => {
    const sites = [SITE, { ...SITE, location: 'local' }];
    const runs = { CANCELLED: 12, COMPLETED_WITH_WARNINGS: 1 };
    expect(describeKill(account({ settledAt: '2026-01-01T00:00:03.000Z', runs, sites }))).toBe(
      'everything stopped: 12 runs cancelled, 1 run completed with warnings, lab-rest answered at 2026-01-01T00:00:00.000Z, ' +
        'local answered at 2026-01-01T00:00:00.000Z, nothing alive',
    );
    expect(describeKill(account({ settledAt: '2026-01-01T00:00:03.000Z', sites: [] }))).toBe(
      'everything stopped: no run was active, nothing alive',
    );
  });

  it('say what is alive, what has not ended and who is silent', () => {
    const sites = [
      { ...SITE, aliveCount: 1 },
      { ...SITE, location: 'a', silence: 'connection refused' },
      { ...SITE, location: 'b', silence: 'no backend', answeredAt: null },
      { ...SITE, location: 'c', answeredAt: null },
      { ...SITE, location: 'd' },
    ];
    expect(describeKill(account({ runs: { RUNNING: 1, SUBMITTING: 1, CANCELLED: 3 }, sites }))).toBe(
      'not stopped yet: 1 job is alive at lab-rest; a does not answer (connection refused), last at 2026-01-01T00:00:00.000Z; ' +
        'b does not answer (no backend), and never has; c is being asked; 2 runs have not ended',
    );
  });

  it('never call a kill stopped that was given up', () => {
    const sites = [{ ...SITE, silence: 'connection refused' }];
    expect(describeKill(account({ liftedBy: 'token:eve', sites }))).toBe(
      'given up by token:eve without proof: lab-rest does not answer (connection refused), last at 2026-01-01T00:00:00.000Z',
    );
    expect(describeKill(account())).toBe(
      'not stopped yet: nothing alive so far; the sites are asked once more',
    );
  });
});
