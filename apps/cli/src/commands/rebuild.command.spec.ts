import pc from 'picocolors';
import type { CommandContext } from '../command-context.js';
import { rebuildPage } from './rebuild.command.js';

const terminal = { colors: pc.createColors(false) } as CommandContext['terminal'];
const done = { id: 1, location: 'cluster', dry_run: false, state: 'done', problems: [], problem: null };

describe('a rebuild, for people', () => {
  it('says what was rebuilt, and what has nothing to register', () => {
    const page = rebuildPage(
      {
        ...done,
        counts: { found: 9, known: 1, rebuilt: 4, products: 8, lost_files: 2, failed: 3, unfinished: 1 },
      },
      { terminal },
    );
    expect(page).toMatch(
      /^9 attempts at cluster: 1 have a record, 4 were rebuilt with 8 products, of which 2 files are gone/,
    );
    expect(page).toMatch(/1 did not end, 3 failed/);
  });

  it('says what could not be rebuilt and why, and what a dry run would do', () => {
    const problems = [{ directory: 'p/g/s/x-1.1', reason: 'there is no pipeline p' }];
    const page = rebuildPage(
      { ...done, dry_run: true, counts: { rebuilt: 1, problems: 1 }, problems },
      { terminal },
    );
    expect(page).toMatch(/1 would be rebuilt/);
    expect(page).toMatch(/p\/g\/s\/x-1\.1 +there is no pipeline p/);
  });

  it('says why nothing could be done at all', () => {
    const failed = { ...done, state: 'failed', counts: {}, problem: '/data is not there' };
    expect(rebuildPage(failed, { terminal })).toBe(
      'location cluster could not be rebuilt: /data is not there',
    );
  });
});
