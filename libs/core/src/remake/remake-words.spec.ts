import { REMAKE_STATES, remakeWords } from './remake-words.js';

const account = { productId: 12, name: 'a.fits', remakeRunId: 45, reason: '' };

describe('what a run says that waits for bytes', () => {
  it('names the product in every state', () => {
    for (const state of REMAKE_STATES)
      expect(remakeWords({ ...account, state })).toMatch(/^input a\.fits \(product 12\) has no copy left/);
  });

  it('names the run that makes them, and what to do when that did not go well', () => {
    expect(remakeWords({ ...account, state: 'making' })).toMatch(/run 45 makes it again$/);
    expect(remakeWords({ ...account, state: 'different' })).toMatch(/meridian rematerialise 12 --accept/);
    expect(remakeWords({ ...account, state: 'failed', reason: 'the image is gone' })).toMatch(
      /did not make it again: the image is gone; cure that, then "meridian rematerialise 12"/,
    );
    expect(remakeWords({ ...account, state: 'failed', remakeRunId: null })).toMatch(
      /its recipe did not make/,
    );
  });
});
