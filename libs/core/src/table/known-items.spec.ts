import { itemMeant, knownItems } from './known-items.js';

describe('the input that a line means', () => {
  const items = knownItems([
    { id: 7, name: 'a.fits' },
    { id: 8, name: 'b.fits', manifestId: 3 },
    { id: 9, name: 'twice.fits', manifestId: 4 },
    { id: 10, name: 'twice.fits', manifestId: 7000 },
  ]);

  it('is named by its id in the manifest, which another database may have given it, or by its name', () => {
    expect([itemMeant(7, items), itemMeant(3, items), itemMeant('b.fits', items)]).toEqual([7, 8, 8]);
  });

  it('is none when nothing, or more than one, has that name', () => {
    expect([8, 'twice.fits', 'c.fits', null].map((item) => itemMeant(item, items))).toEqual([
      null,
      null,
      null,
      null,
    ]);
  });
});
