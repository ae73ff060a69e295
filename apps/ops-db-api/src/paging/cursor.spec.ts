import { DomainError } from '@meridian/core';
import fc from 'fast-check';
import { decodeCursor, encodeCursor } from './cursor.js';

describe('a cursor', () => {
  it('gives back the key that it was made of', () => {
    fc.assert(
      fc.property(fc.string(), fc.integer(), (text, id) => {
        expect(decodeCursor(encodeCursor([text, id]), ['string', 'number'])).toEqual([text, id]);
      }),
    );
  });

  it('is refused by a list with another kind of key', () => {
    expect(() => decodeCursor(encodeCursor([1]), ['string'])).toThrow(DomainError);
    expect(() => decodeCursor(encodeCursor([1]), ['number', 'number'])).toThrow(DomainError);
  });

  it('is never anything but a key or a refusal', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        try {
          return decodeCursor(text, ['number']).length === 1;
        } catch (error) {
          return error instanceof DomainError && error.code === 'paging.bad_cursor';
        }
      }),
    );
  });
});
