import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { FaultSummary } from '../report.js';

const MAIN = join(__dirname, '../../dist/main.js');
const FAULTS = 300;
const SEED = 5;

describe('a short campaign on the fake site', () => {
  it(
    'loses nothing, doubles nothing and leaves nothing stuck, from the files to what is public',
    async () => {
      const options = ['--site', 'fake', '--count', String(FAULTS), '--seed', String(SEED), '--json'];
      const campaign = spawn(process.execPath, [MAIN, ...options], { stdio: ['ignore', 'pipe', 'pipe'] });
      const [printed, complaints] = await Promise.all([
        text(campaign.stdout),
        text(campaign.stderr),
        once(campaign, 'exit'),
      ]);
      expect(complaints).toBe('');
      const { faults, injected, byKind, lost, doubled, stuck, seen } = JSON.parse(
        printed.trim().split('\n').at(-1) ?? '{}',
      ) as FaultSummary;
      expect({ lost, doubled, stuck }).toEqual({ lost: 0, doubled: 0, stuck: 0 });
      expect(faults).toBeGreaterThanOrEqual(FAULTS);
      expect(injected).toBeGreaterThanOrEqual(faults);
      expect(Object.keys(byKind).length).toBeGreaterThan(15);
      // Books with nothing in them balance.
      const least = { runs: 40, rows: 60, 'rows replaced': 5, 'lines in quarantine': 5 };
      for (const [what, count] of Object.entries({
        ...least,
        published: 20,
        withdrawn: 1,
        rejected: 1,
        'files purged': 5,
      }))
        expect([what, (seen[what] ?? 0) >= count]).toEqual([what, true]);
    },
    15 * 60_000,
  );
});
