import fc from 'fast-check';
import { fingerprintOf, itemHashes } from './fingerprint.js';

const hash = fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: 64, maxLength: 64 });
const items = fc.uniqueArray(fc.record({ id: fc.integer({ min: 1 }), contentHash: hash }), {
  selector: (item) => item.id,
  maxLength: 20,
});

describe('fingerprintOf', () => {
  it('of nothing is zero', () => {
    expect(fingerprintOf([])).toBe('0'.repeat(32));
  });

  it('does not depend on the order', () => {
    fc.assert(
      fc.property(items, fc.nat(), (set, turn) => {
        const turned =
          set.length === 0
            ? []
            : [...set.slice(turn % set.length), ...set.slice(0, turn % set.length)].reverse();
        expect(fingerprintOf(turned)).toBe(fingerprintOf(set));
      }),
    );
  });

  it('changes with every member and every content', () => {
    fc.assert(
      fc.property(
        items.filter((set) => set.length > 0),
        (set) => {
          const [first, ...rest] = set;
          expect(fingerprintOf(rest)).not.toBe(fingerprintOf(set));
          expect(fingerprintOf([{ id: first?.id ?? 0, contentHash: 'f'.repeat(63) }, ...rest])).not.toBe(
            fingerprintOf(set),
          );
        },
      ),
    );
  });

  it('two items that swap their contents are another set', () => {
    const [a, b] = ['a'.repeat(64), 'b'.repeat(64)];
    expect(
      fingerprintOf([
        { id: 1, contentHash: a },
        { id: 2, contentHash: b },
      ]),
    ).not.toBe(
      fingerprintOf([
        { id: 1, contentHash: b },
        { id: 2, contentHash: a },
      ]),
    );
  });

  it('hashes are signed 64-bit numbers', () => {
    const [a, b] = itemHashes(1, 'a'.repeat(64));
    expect([BigInt.asIntN(64, a), BigInt.asIntN(64, b)]).toEqual([a, b]);
  });
});
