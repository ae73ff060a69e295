import pc from 'picocolors';
import type { CommandContext } from '../command-context.js';
import { itemGapTable } from './item-gaps.command.js';
import { retriedInWords } from './retry-items.command.js';

const terminal = { colors: pc.createColors(false) } as CommandContext['terminal'];

describe('items that are tried again, in words', () => {
  it('say what is done, what is not, and why', () => {
    const answer = { items: 5, sub_groups: 1, not_retried: 2, pending: 3, is_more: true };
    expect(retriedInWords(answer).split('\n')).toEqual([
      '5 items will be processed again, in 1 new sub-groups.',
      '3 are at work already, or wait for it.',
      '2 failed in a way that is not tried again by itself: see "meridian tables gaps", and --class.',
      'There are more: say it again.',
    ]);
    const nothing = { items: 0, sub_groups: 0, not_retried: 0, pending: 0, is_more: false };
    expect(retriedInWords(nothing)).toBe('No item is to be processed again.');
  });

  it('are listed with what comes next for each', () => {
    const gap = { dims: {}, run_id: 3, reason: 'clouds', outcome: 'failed' as const };
    const text = itemGapTable(
      [
        { ...gap, item_id: 1, name: 'a.fits', failure_class: '', is_retried: true, pending: null },
        { ...gap, item_id: 2, name: 'b.fits', failure_class: 'BAD_DATA', is_retried: false, pending: null },
        {
          ...{ ...gap, item_id: 3, name: 'c.fits', failure_class: '', is_retried: true },
          pending: { sub_group_id: 9, state: 'running' },
        },
      ],
      { terminal },
    );
    expect(text).toMatch(/1\s+a\.fits\s+failed\s+3\s+retry-items\s+clouds/);
    expect(text).toMatch(/2\s+b\.fits\s+failed: BAD_DATA\s+3\s+retry-items --class/);
    expect(text).toMatch(/3\s+c\.fits\s+failed\s+3\s+running \(sub-group 9\)/);
  });
});
