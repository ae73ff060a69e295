import pc from 'picocolors';
import type { Kill } from '../api/api-types.js';
import { nextAfterKill, progressOfKill, renderKill } from './render-kill.js';

const PLAIN = pc.createColors(false);
const NOW = new Date('2026-01-01T00:10:00Z');
const SITE = {
  location: 'lab-rest',
  answered_at: '2026-01-01T00:09:59.000Z',
  silence: null,
  told_count: 2,
  alive_count: 0,
  alive: [],
};
const KILL: Kill = {
  id: 7,
  scope: 'pipeline',
  target: 'imaging',
  reason: 'smoke',
  requested_by: 'token:eve',
  requested_at: '2026-01-01T00:00:00.000Z',
  state: 'settled',
  holds: false,
  summary: 'everything stopped: 2 runs cancelled, nothing alive',
  runs: { CANCELLED: 2 },
  sites: [SITE],
};

describe('a kill, shown', () => {
  it('ends with its proof: the sentence, what each site answered and what became of the runs', () => {
    expect(renderKill(KILL, PLAIN, NOW).join('\n')).toBe(
      [
        'kill 7 of pipeline imaging: everything stopped: 2 runs cancelled, nothing alive',
        '',
        '  site      alive    answered at               told to stop',
        '  lab-rest  nothing  2026-01-01T00:09:59.000Z             2',
        '  runs: 2 CANCELLED',
      ].join('\n'),
    );
  });

  it('names what is alive, and who is silent', () => {
    const job = { job_id: '17', token: 'mrd-x-5-1', run_id: 5, pipeline: null, state: 'running' as const };
    const alive = [{ ...job, since: '2026-01-01T00:08:00Z' }];
    const sites = [
      { ...SITE, alive_count: 2, alive },
      { ...SITE, location: 'lab-ssh', answered_at: null, silence: 'connection refused' },
    ];
    const text = renderKill({ ...KILL, state: 'open', summary: 'not stopped yet', sites }, PLAIN, NOW).join(
      '\n',
    );
    expect(text).toMatch(/lab-rest {2}2 jobs/);
    expect(text).toMatch(/lab-ssh {3}silent .* connection refused/);
    expect(text).toMatch(/17 {3}lab-rest {2}running {2}5 {4}not known here {2}mrd-x-5-1 {2}2 min ago/);
    expect(text).toMatch(/and 1 more/);
    expect(progressOfKill({ ...KILL, runs: { RUNNING: 3 }, sites })).toBe(
      '3 runs not ended, 2 jobs alive, lab-ssh silent',
    );
  });

  it('says what undoes it', () => {
    expect(nextAfterKill({ ...KILL, state: 'open' })).toMatch(/kill show 7/);
    expect(nextAfterKill(KILL)).toMatch(/pipelines\/imaging\/resume/);
    expect(nextAfterKill({ ...KILL, scope: 'location', target: 'lab' })).toMatch(
      /DELETE .*locations\/lab\/pause/,
    );
    expect(nextAfterKill({ ...KILL, scope: 'everything', target: null, holds: true })).toMatch(/kill lift 7/);
    expect(nextAfterKill({ ...KILL, scope: 'run', target: '5' })).toBeNull();
  });
});
