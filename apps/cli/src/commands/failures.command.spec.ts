import pc from 'picocolors';
import type { Failure } from '../api/failure-types.js';
import type { CommandContext } from '../command-context.js';
import { failureTable } from './failures.command.js';
import { productTable } from './products.command.js';

const terminal = { colors: pc.createColors(false) } as CommandContext['terminal'];
const failure: Failure = {
  ...{ kind: 'sub_group', run_id: 7, pipeline: 'm17', step: 'extract', dims: { night: 2 }, item: null },
  ...{ outcome: 'failed', failure_class: 'SOFTWARE', reason: 'exit code 3', has_result: true },
};

describe('what failed and what is stale, for people', () => {
  it('is what failed, how and why, and whether an earlier result is left', () => {
    const item = {
      ...failure,
      kind: 'item',
      item: 'a.fits',
      outcome: 'missing',
      failure_class: '',
      reason: '',
    } as const;
    const [head, whole, one] = failureTable([failure, item], { terminal }).split('\n');
    expect(head).toMatch(/run +step +dims +item +class +why +result/);
    expect(whole).toMatch(/7 +m17\/extract +night=2 +SOFTWARE +exit code 3 +an earlier one/);
    expect(one).toMatch(/7 +m17\/extract +night=2 +a\.fits +missing\s*$/);
  });

  it('names the reasons of what is stale, in a column that is not there otherwise', () => {
    const product = {
      ...{
        id: 3,
        name: 'a.fits',
        type: 'SCIENCE',
        pipeline: 'm17',
        step: 'extract',
        run_id: 7,
        path: 'a.fits',
      },
      ...{ description: '', dims: {}, size_bytes: 10, sha256: '', stale_reasons: ['software', 'config'] },
      ...({ preview: null, bytes: 'present' } as const),
    };
    expect(productTable([product], { terminal })).toMatch(/stale by\n.*software, config\s*$/);
    expect(productTable([{ ...product, stale_reasons: null }], { terminal })).not.toContain('stale by');
  });
});
