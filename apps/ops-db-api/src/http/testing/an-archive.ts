import type { TestApi } from './open-test-api.js';

export const EXECUTED_ID = '7c9e6679-7425-40de-944b-e07fc1f90ae7';

/** A telescope with one instrument and module, a planned and an executed observation of M17, and two archives. */
export async function anArchive(api: TestApi): Promise<void> {
  const operator = api.as('operator');
  const create = async (path: string, body: object): Promise<void> => {
    const answer = await operator.post(path, body);
    if (answer.status !== 201) throw new Error(`${path}: ${answer.text}`);
  };
  await create('/observatories', { name: 'CCAT' });
  await create('/telescopes', {
    name: 'FYST',
    observatory: 'CCAT',
    latitude_deg: -22.98,
    longitude_deg: -67.74,
    altitude_m: 5611,
  });
  await create('/instruments', { name: 'CHAI', telescope: 'FYST' });
  await create('/instrument-modules', { name: 'LFA', instrument: 'CHAI' });
  await create('/instrument-modules', { name: 'HFA', instrument: 'CHAI' });
  await create('/observing-programs', {
    name: '2026-A-017',
    title: 'Galactic ecology',
    lead: 'A. Scientist',
  });
  await create('/sources', { name: 'M17', kind: 'FIXED', ra_deg: 275.1, dec_deg: -16.2 });
  await create('/obs-units', {
    name: 'M17-tile-1',
    observing_program: '2026-A-017',
    source: 'M17',
    instrument: 'CHAI',
    line: 'CII',
  });
  await create('/executed-obs-units', {
    id: EXECUTED_ID,
    obs_unit: 'M17-tile-1',
    started_at: '2026-05-01T20:00:00Z',
  });
  await create('/locations', { name: 'archive', kind: 'LONG_TERM_ARCHIVE', base_path: '/data/archive' });
  await create('/locations', { name: 'buffer', kind: 'BUFFER', base_path: '/data/buffer' });
}

/** A sha256 that is easy to tell from others. */
export const aHash = (digit: string): string => digit.repeat(64).slice(0, 64);

/** A row of an ingest request; `n` makes name, path and hash its own. */
export const aRow = (n: number, more: object = {}): Record<string, unknown> => ({
  name: `file-${n}.fits`,
  location: 'archive',
  path: `2026/05/01/file-${n}.fits`,
  size_bytes: 1000 + n,
  sha256: n.toString(16).padStart(64, '0'),
  ...more,
});
