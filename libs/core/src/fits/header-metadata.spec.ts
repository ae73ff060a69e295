import type { FitsValue } from './fits-card.js';
import { unitOf } from './fits-header.js';
import { metadataOfUnits } from './header-metadata.js';

const unit = (header: Readonly<Record<string, FitsValue>>) => unitOf(new Map(Object.entries(header)));
const EMPTY_PRIMARY = { SIMPLE: true, BITPIX: 8, NAXIS: 0, EXTEND: true };

describe('the metadata of a FITS file', () => {
  it('is what its header says, in small letters and without its layout', () => {
    expect(
      metadataOfUnits([
        unit({
          ...{ SIMPLE: true, BITPIX: -32, NAXIS: 2, NAXIS1: 4, NAXIS2: 3, CHECKSUM: 'x', OBSERVER: '' },
          ...{ EXPTIME: 7.8, 'DATE-OBS': '2026-01-01', SERIAL: 2n ** 60n, FLAT: false },
        }),
      ]),
    ).toEqual({
      ...{ bitpix: -32, naxis: 2, naxis1: 4, naxis2: 3 },
      ...{ exptime: 7.8, 'date-obs': '2026-01-01', serial: '1152921504606846976', flat: false },
    });
  });

  it('is that of the first extension with data where the primary has none, which still has the last word', () => {
    const metadata = metadataOfUnits([
      unit({ ...EMPTY_PRIMARY, OBJECT: 'M17' }),
      unit({ XTENSION: 'IMAGE', EXTNAME: 'SCI', BITPIX: 16, NAXIS: 1, NAXIS1: 9, OBJECT: 'sky', GAIN: 2 }),
      unit({ XTENSION: 'BINTABLE', NAXIS: 2, NAXIS1: 8, NAXIS2: 1, TTYPE1: 'x' }),
    ]);

    expect(metadata).toEqual({
      ...{ object: 'M17', extname: 'SCI', bitpix: 16, naxis: 1, naxis1: 9, gain: 2 },
      hdus: [
        { name: '', kind: 'primary', shape: [] },
        { name: 'SCI', kind: 'image', shape: [9] },
        { name: '', kind: 'table', shape: [8, 1] },
      ],
    });
  });

  it('is bounded, and can be stored whatever the header holds', () => {
    const many = Object.fromEntries(Array.from({ length: 5000 }, (_, n) => [`KEY${n}`, n]));
    const metadata = metadataOfUnits([unit({ NOTE: `\u0000${'x'.repeat(5000)}`, ...many })]);

    expect(Object.keys(metadata)).toHaveLength(200);
    expect(metadata['note']).toHaveLength(200);
    expect(JSON.stringify(metadata)).not.toContain('\\u0000');
  });

  it('is nothing without a header', () => {
    expect(metadataOfUnits([])).toEqual({});
  });
});
