import pc from 'picocolors';
import type { Purge, PurgePlan } from '../api/retention-types.js';
import type { CommandContext } from '../command-context.js';
import { planInWords, purgeInWords } from './retention.command.js';

const terminal = { colors: pc.createColors(false) } as CommandContext['terminal'];
const sums = [
  { action: 'delete', reason: 'older than 30 days', files: 3, bytes: 3000 },
  { action: 'keep', reason: 'downstream_open', files: 2, bytes: 500 },
] as const;

describe('a purge that is only rehearsed, for people', () => {
  const plan: PurgePlan = {
    ...{ location: 'cluster', down_to_bytes: 1000, used_before_bytes: 5000, used_after_bytes: 2000 },
    ...{ is_complete: true, sums },
  };

  it('is how much there is and would be left, what would go and what would stay, each with its reason', () => {
    const lines = planInWords(plan, { terminal }).split('\n');
    expect(lines[0]).toBe('cluster holds 5.0 kB; a purge down to 1.0 kB would leave 2.0 kB.');
    expect(lines.find((line) => line.includes('would go'))).toMatch(/older than 30 days +3 +3\.0 kB/);
    expect(lines.find((line) => line.includes('would stay'))).toMatch(/downstream_open +2 +500 B/);
    expect(lines.at(-1)).toBe('Nothing more may go.');
  });

  it('says when there are more files than were looked at, and nothing of what is not there', () => {
    const words = planInWords({ ...plan, is_complete: false }, { terminal });
    expect(words.split('\n').at(-1)).toBe('There are more files than were looked at.');
    const enough = { ...plan, used_before_bytes: 900, used_after_bytes: 900, sums: [] };
    expect(planInWords(enough, { terminal })).toBe(
      'cluster holds 900 B; a purge down to 1.0 kB would leave 900 B.',
    );
  });
});

describe('a purge, for people', () => {
  const purge: Purge = {
    ...{ id: 7, location: 'cluster', reason: 'quota', state: 'done', down_to_bytes: 0, sums, problem: null },
    ...{ used_before_bytes: 5000, deleted_bytes: 3000, started_at: '2026-05-01T00:00:00.000Z' },
  };

  it('is what it deleted and kept, and why it ended where it did', () => {
    const lines = purgeInWords({ ...purge, problem: 'nothing more may go' }, { terminal }).split('\n');
    expect(lines[0]).toBe('purge 7 of cluster has deleted 3.0 kB.');
    expect(lines.some((line) => /kept +downstream_open +2 +500 B/.test(line))).toBe(true);
    expect(lines.at(-1)).toBe('nothing more may go');
  });

  it('that has not ended says where to look', () => {
    expect(purgeInWords({ ...purge, state: 'waiting', sums: [] }, { terminal })).toBe(
      'purge 7 of cluster is waiting: meridian purges --location cluster',
    );
  });
});
