import { SUB_GROUP_STATES } from '@meridian/core';
import { describeFailure, playCampaign } from './campaign.js';

/** `npm run histories -- --count 10000` plays more of them. */
const HISTORIES = 500;

const FORMS = [
  'by',
  ...['complete', 'collecting', 'partial', 'refused', 'expired', 'ambiguous'].map(
    (form) => `cluster ${form}`,
  ),
  ...['complete', 'partial', 'refused'].map((form) => `window ${form}`),
  ...['complete', 'refused'].map((form) => `split ${form}`),
  ...['complete', 'partial'].map((form) => `item ${form}`),
];

describe('the evaluation', () => {
  it('finds in 500 random histories what one from scratch and the oracle in memory find', async () => {
    const { histories, checks, states, forms, failures } = await playCampaign({
      count: HISTORIES,
      seed: 1,
      lanes: 2,
    });

    expect(failures.map(describeFailure)).toEqual([]);
    expect(histories).toBe(HISTORIES);
    // Histories in which nothing was compared, or nothing of interest was there, would prove little.
    expect(checks).toBeGreaterThan(HISTORIES * 3);
    expect(Object.keys(states).sort()).toEqual(
      expect.arrayContaining(SUB_GROUP_STATES.filter((state) => state !== 'missing' && state !== 'stale')),
    );
    expect(Object.keys(forms)).toEqual(expect.arrayContaining(FORMS));
  }, 600_000);
});
