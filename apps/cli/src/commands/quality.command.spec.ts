import pc from 'picocolors';
import type { CommandContext } from '../command-context.js';
import { qualityPage } from './quality.command.js';

const terminal = { colors: pc.createColors(false) } as CommandContext['terminal'];
const run = { run_id: 7, verdict: null, judged: null, findings: [], given: [] };

describe('the quality of a run, for people', () => {
  it('is what the rules found and what people said, the verdict that holds first', () => {
    const page = qualityPage(
      {
        ...run,
        verdict: 'PASS',
        findings: [
          { measure: 'snr', value: 4.123456789, verdict: 'FAIL', reason: '4.12346 is below 5' },
          { measure: 'rows of sources', value: null, verdict: 'NEEDS_REVIEW', reason: 'it was not measured' },
        ],
        given: [
          { verdict: 'PASS', reason: 'a faint star', given_by: 'ada', given_at: '2026-05-01T00:00:00.000Z' },
        ],
      },
      { terminal },
    );
    expect(page.split('\n')[0]).toBe('run 7: PASS');
    expect(page).toMatch(/snr +4\.12346 +FAIL +4\.12346 is below 5/);
    expect(page).toMatch(/rows of sources +NEEDS_REVIEW +it was not measured/);
    expect(page).toMatch(/PASS +ada +2026-05-01T00:00:00\.000Z +a faint star/);
  });

  it('says when nobody has judged it', () => {
    expect(qualityPage(run, { terminal })).toBe('run 7: nobody and no rule has judged it');
  });
});
