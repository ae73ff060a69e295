import pc from 'picocolors';
import type { CommandContext } from '../command-context.js';
import { remakePage } from './rematerialise.command.js';

const terminal = { colors: pc.createColors(false) } as CommandContext['terminal'];
const base = {
  id: 3,
  run_id: 7,
  remake_run_id: null,
  state: 'wanted',
  reason: '',
  waiting_runs: [],
  products: [],
};

describe('bytes that are made again, for people', () => {
  it('are wanted, and who waits for them is said', () => {
    const page = remakePage({ ...base, waiting_runs: [9, 11] }, { terminal });
    expect(page).toBe('rematerialisation 3 of run 7: wanted\nruns that wait for it: 9, 11');
  });

  it('that are others say which came out, where they are, and what can be done', () => {
    const page = remakePage(
      {
        ...base,
        state: 'different',
        remake_run_id: 12,
        products: [
          {
            product_id: 5,
            path: 'a.fits',
            outcome: 'different',
            sha256: 'a'.repeat(64),
            found_sha256: 'b'.repeat(64),
            found_path: 'p/g/s/x-12.1/output/a.fits',
          },
        ],
      },
      { terminal },
    );
    expect(page).toMatch(/different by run 12\nThe records are as they were\./);
    expect(page).toMatch(/5 +a\.fits +different +b{12} instead of a{12} +p\/g\/s\/x-12\.1\/output\/a\.fits/);
  });
});
