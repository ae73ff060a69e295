import { isItemRetried, isSameItemClass } from './item-retry.js';

describe('an item that failed', () => {
  it.each([
    ['', true],
    ['cosmic ray', true],
    ['TRANSIENT', true],
    ['bad data', false],
    ['bad-data', false],
    ['SOFTWARE', false],
    ['ROW', false],
  ])('with the class %j is tried again by itself: %s', (failureClass, expected) => {
    expect(isItemRetried(failureClass, { classes: {} })).toBe(expected);
  });

  it('is tried again as its step says of its class', () => {
    const classes = { BAD_DATA: { retry: true }, TRANSIENT: { retry: false } };
    expect([isItemRetried('BAD_DATA', { classes }), isItemRetried('transient', { classes })]).toEqual([
      true,
      false,
    ]);
  });

  it('has a class, however its program spells it', () => {
    expect([isSameItemClass('bad data', 'BAD_DATA'), isSameItemClass('', 'BAD_DATA')]).toEqual([true, false]);
  });
});
