import pc from 'picocolors';
import type { Impact, Taint } from '../api/provenance-types.js';
import type { CommandContext } from '../command-context.js';
import { impactPage } from './impact.command.js';
import { reprocessingPage, taintInWords } from './taint.command.js';

const terminal = { colors: pc.createColors(false) } as CommandContext['terminal'];
const taint: Taint = {
  ...{
    id: 3,
    of: 'item:42',
    item: 'dark.fits',
    since: null,
    until: null,
    reason: 'light leak',
    marked_by: 'ada',
  },
  ...{ marked_at: '2026-05-01T00:00:00.000Z', lifted_at: null, lifted_why: null },
  ...{ products: 12, current_products: 9, published: 2 },
};

describe('a taint, for people', () => {
  it('says how far it reaches, what is public, and what to do next', () => {
    expect(taintInWords(taint).split('\n')).toEqual([
      'taint 3: item:42 (dark.fits) is bad, and 12 products made of it, 9 of them not replaced',
      '2 of them are public: "meridian publications --taint 3 --state published" lists them, "meridian withdraw" takes one back',
      '"meridian reprocess 3" says what making them again would take',
    ]);
    expect(taintInWords({ ...taint, lifted_at: '2026-05-02T00:00:00.000Z' })).toBe(
      'taint 3 of item:42 (dark.fits) is lifted',
    );
  });

  it('says what making it again takes, and where that would not help', () => {
    const step = { pipeline: 'm17', step: 'extract', direct: 4, following: 0, bad_again: 1 };
    const page = reprocessingPage({ steps: [step], runs: 3, forced: 0 }, { terminal });
    expect(page).toMatch(/m17\/extract +4 +0 +1/);
    expect(page).toContain('It takes 3 runs.');
    expect(page).toContain('Some would be bad again');
    expect(
      reprocessingPage({ steps: [{ ...step, bad_again: 0 }], runs: 4, forced: 4 }, { terminal }),
    ).toContain('4 sub-groups are to be run again');
    expect(reprocessingPage({ steps: [], runs: 0, forced: 0 }, { terminal })).toBe(
      'No present result is bad because of it.',
    );
  });
});

describe('an impact, for people', () => {
  it('is counted in all and by step, with what is public', () => {
    const totals = { runs: 2, products: 3, current_sub_groups: 1, published: 1 };
    const impact: Impact = {
      ...{
        of: 'item:42',
        total: totals,
        steps: [{ pipeline: 'm17', step: 'extract', ...totals }],
        sub_groups: [],
      },
      publications: [{ id: 7, product_id: 9, location: 'public', path: 'm17/v1/a.fits' }],
    };
    const page = impactPage(impact, { terminal });
    expect(page.split('\n')[0]).toBe(
      'item:42: 2 runs, 3 products; 1 sub-groups have such a result now, 1 products are public',
    );
    expect(page).toMatch(/m17\/extract +2 +3 +1 +1/);
    expect(page).toContain('publication 7: product 9 at public, m17/v1/a.fits');
  });
});
