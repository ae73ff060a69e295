import { Random } from '../testing/random.js';
import { encodeChecksum, onesComplementSum } from './fits-checksum.js';

const bytesOf = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0));

describe('the checksum of FITS', () => {
  it('encodes the example of the standard, appendix J', () => {
    // J.4: the checksum 868229149 of a unit whose CHECKSUM is sixteen zeros becomes hcHjjc9ghcEghc9g.
    expect(encodeChecksum(868_229_149)).toBe('hcHjjc9ghcEghc9g');
  });

  it('adds words with carries around, in any pieces', () => {
    const random = new Random(3);
    for (let round = 0; round < 200; round += 1) {
      const bytes = Uint8Array.from({ length: 4 * random.whole(1, 300) }, () => random.whole(0, 255));
      let expected = 0n;
      const view = new DataView(bytes.buffer);
      for (let at = 0; at < bytes.length; at += 4) {
        expected += BigInt(view.getUint32(at));
        if (expected >= 2n ** 32n) expected = (expected % 2n ** 32n) + 1n;
      }
      const cut = 4 * random.whole(0, bytes.length / 4);
      expect(BigInt(onesComplementSum(bytes))).toBe(expected);
      expect(BigInt(onesComplementSum(bytes.subarray(cut), onesComplementSum(bytes.subarray(0, cut))))).toBe(
        expected,
      );
    }
  });

  it('does not lose carries over megabytes of ones', () => {
    expect(onesComplementSum(new Uint8Array(4 * 1024 * 1024).fill(0xff))).toBe(2 ** 32 - 1);
  });

  it('makes the sum over a unit all ones', () => {
    const random = new Random(4);
    for (let round = 0; round < 500; round += 1) {
      const unit = Uint8Array.from({ length: 2880 }, () => random.whole(0, 255));
      unit.set(bytesOf('0000000000000000'), 11);
      const checksum = encodeChecksum(onesComplementSum(unit));
      expect(checksum).toMatch(/^[A-Za-z0-9]{16}$/);
      unit.set(bytesOf(checksum), 11);
      expect(onesComplementSum(unit)).toBe(2 ** 32 - 1);
    }
  });
});
