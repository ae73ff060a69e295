import { Random } from '../testing/random.js';
import { knownItems } from './known-items.js';
import {
  ITEM_OUTCOMES,
  readOutcome,
  SAID_OUTCOMES,
  settleOutcomes,
  type SaidOutcome,
} from './item-outcomes.js';

const ITEMS = knownItems([{ id: 7, name: 'a.fits' }]);
const NOTHING = { reason: '', failureClass: '', elapsedSeconds: null, overheadSeconds: null };
const said = (itemId: number, outcome: SaidOutcome['outcome']): [number, SaidOutcome] => [
  itemId,
  { ...NOTHING, itemId, outcome, elapsedSeconds: 1.5 },
];

describe('readOutcome', () => {
  it('reads what the program says of an item', () => {
    const line =
      '{"item": "a.fits", "outcome": "failed", "reason": "no\\u001b[31m star", "class": "FIT", "elapsed_seconds": 2, "overhead_seconds": -1}';
    expect(readOutcome(line, ITEMS)).toEqual({
      ok: true,
      said: {
        ...{ itemId: 7, outcome: 'failed', reason: 'no\ufffd[31m star', failureClass: 'FIT' },
        ...{ elapsedSeconds: 2, overheadSeconds: null },
      },
    });
  });

  it.each([
    ['{"item": 8, "outcome": "ok"}', null, 'names the item 8, which the run was not given'],
    ['{"outcome": "ok"}', null, 'which the run was not given'],
    ['{"item": 7, "outcome": "missing"}', 7, 'has the outcome "missing", none of ok, ok_flagged'],
    ['nonsense', null, 'is not JSON'],
    ['7', null, 'is not an object'],
  ])('refuses %s', (line, itemId, reason) => {
    expect(readOutcome(line, ITEMS)).toEqual({
      ok: false,
      itemId,
      reason: expect.stringContaining(reason) as string,
    });
  });
});

describe('settleOutcomes', () => {
  const rows = {
    withRow: new Set([1, 2, 5, 8]),
    flagged: new Set([2, 5]),
    quarantined: new Map([
      [3, 'bad'],
      [8, 'bad'],
    ]),
  };

  it('lets the program’s word count, then its rows, and calls its silence missing', () => {
    const settled = settleOutcomes(
      [1, 2, 3, 4, 5, 6, 7],
      new Map([said(5, 'failed'), said(6, 'ok'), said(7, 'skipped')]),
      rows,
    );
    expect(settled.map(({ outcome }) => outcome)).toEqual([
      ...['ok', 'ok_flagged', 'failed', 'missing', 'failed', 'ok', 'skipped'],
    ]);
    expect(settled[2]).toEqual({
      ...NOTHING,
      itemId: 3,
      outcome: 'failed',
      failureClass: 'ROW',
      reason: 'bad',
    });
    expect(settled[4]).toMatchObject({ elapsedSeconds: 1.5 });
  });

  it('does not call ok what has a row that could not be kept, and leaves a failure its own reason', () => {
    const [ok] = settleOutcomes([3], new Map([said(3, 'ok')]), rows);
    expect(ok).toMatchObject({ outcome: 'failed', reason: 'bad', elapsedSeconds: 1.5 });
    const [skipped] = settleOutcomes([3], new Map([said(3, 'skipped')]), rows);
    expect(skipped).toMatchObject({ outcome: 'skipped', reason: '' });
  });

  it('flags what keeps only some of its rows', () => {
    expect(settleOutcomes([8], new Map(), rows)).toEqual([
      { ...NOTHING, itemId: 8, outcome: 'ok_flagged', reason: 'bad' },
    ]);
  });

  it('gives each submitted item exactly one outcome, whatever was said', () => {
    const random = new Random(11);
    for (let round = 0; round < 500; round += 1) {
      const ids = Array.from({ length: random.whole(0, 20) }, (_, index) => index);
      const some = () => ids.filter(() => random.chance(0.4));
      const settled = settleOutcomes(ids, new Map(some().map((id) => said(id, random.pick(SAID_OUTCOMES)))), {
        withRow: new Set(some()),
        flagged: new Set(some()),
        quarantined: new Map(some().map((id) => [id, 'bad'])),
      });
      expect(settled.map(({ itemId }) => itemId)).toEqual(ids);
      expect(settled.every(({ outcome }) => ITEM_OUTCOMES.includes(outcome))).toBe(true);
    }
  });
});
