/** The programs as Meridian runs them: processes, environment, files and exit codes. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { inputOf, runBothSteps, runProgram } from './by-hand.mjs';
import { compareWithTruth } from './check.mjs';
import { parseCsv } from './lib/csv.mjs';
import { readFitsImage } from './lib/fits-image.mjs';
import { EXTRACT_DEFAULTS, MOSAIC_DEFAULTS } from './lib/parameters.mjs';
import { renderField } from './render.mjs';

const directory = mkdtempSync(join(tmpdir(), 'imaging-'));
after(() => rmSync(directory, { recursive: true }));

const json = (path) => JSON.parse(readFileSync(path, 'utf8'));
const digest = (path) => createHash('sha256').update(readFileSync(path)).digest('hex');
const programPath = (name) => fileURLToPath(new URL(name, import.meta.url));
const extractOne = (name, file, config = {}, id = 1) =>
  runProgram({
    step: 'extract',
    directory: join(directory, name),
    inputs: [inputOf(file, { id, role: 'member', product_type: null })],
    config,
  });

const listFiles = (root) =>
  readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.path, entry.name)));

/** The mosaic of extract runs that were made before. */
function runMosaic(name, runs, config = {}) {
  const files = runs.flatMap((extract) =>
    ['image.fits', 'sources.csv'].map((file) => join(directory, extract, 'output', file)),
  );
  return runProgram({
    step: 'mosaic',
    directory: join(directory, name),
    inputs: files.map((file, i) => inputOf(file, { id: i, role: 'upstream', product_type: 'INTERMEDIATE' })),
    config,
  });
}

let field;
let run;
before(() => {
  field = renderField(join(directory, 'field'), { seed: 7, frames: 3 });
  run = runBothSteps(join(directory, 'run'), field.frames);
});

test('both steps end well and say what they made', () => {
  assert.equal(run.code, 0, run.stderr);
  const { products } = json(join(run.output, 'products.json'));
  assert.deepEqual(
    products.map(({ path, type }) => [path, type]),
    [
      ['science/mosaic.fits', 'SCIENCE'],
      ['science/sources.csv', 'SCIENCE'],
      ['plots/mosaic.png', 'PLOT'],
      ['statistics/overlaps.csv', 'STATISTICS'],
    ],
  );
  assert.ok(
    products.every(({ path, description }) => existsSync(join(run.output, path)) && description.length > 10),
  );
  assert.equal(existsSync(join(run.output, 'warnings.json')), false);
  const progress = readFileSync(join(run.output, 'progress.ndjson'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.deepEqual([progress[progress.length - 1].done, progress[progress.length - 1].total], [100, 100]);
});

test('the stars of the catalogue are recovered on every exposure and on the mosaic', () => {
  const truth = readFileSync(field.truth, 'utf8');
  const lists = [1, 2, 3]
    .map((i) => join(directory, `run/extract-${i}/output/sources.csv`))
    .concat(join(run.output, 'science/sources.csv'));
  for (const list of lists) {
    const { failures, summary } = compareWithTruth(readFileSync(list, 'utf8'), truth);
    assert.deepEqual(failures, [], JSON.stringify(summary));
  }
});

test('the same stars agree where frames overlap', () => {
  const metrics = json(join(run.output, 'metrics.json'));
  assert.ok(metrics.overlap_pairs.value > 100);
  assert.equal(metrics.overlap_offset_arcsec_median.unit, 'arcsec');
  // Pixels are five arcseconds wide.
  assert.ok(metrics.overlap_offset_arcsec_median.value < 0.5);
  assert.ok(Math.abs(metrics.overlap_magnitude_difference_median.value) < 0.01);
});

test('an exposure reports what a dashboard wants to know', () => {
  const metrics = json(join(directory, 'run/extract-1/output/metrics.json'));
  assert.deepEqual(Object.keys(metrics), [
    'n_sources',
    'background_level',
    'background_noise',
    'fwhm_median_pixel',
    'fwhm_median_arcsec',
    'nan_fraction',
    'cosmic_ray_pixels',
    'aperture_correction',
  ]);
  assert.ok(metrics.background_level.value > 1090 && metrics.background_level.value < 1130);
  assert.ok(metrics.cosmic_ray_pixels.value > 50);
});

test('nothing bright is found that is not in the catalogue', () => {
  const sources = parseCsv(readFileSync(join(run.output, 'science/sources.csv'), 'utf8')).rows;
  assert.equal(sources.filter(({ snr }) => Number(snr) > 8).length, 49);
});

test('the same input and parameters give the same bytes, whatever the directory and the number of threads', () => {
  const extract = extractOne('extract-again', field.frames[1], {}, 2);
  const mosaic = runMosaic(
    'mosaic-again',
    [1, 2, 3].map((i) => `run/extract-${i}`),
    { threads: 2 },
  );
  const differing = (output, reference) =>
    listFiles(output).filter(
      (name) =>
        name !== 'progress.ndjson' && digest(join(output, name)) !== digest(join(directory, reference, name)),
    );
  assert.deepEqual(differing(extract.output, 'run/extract-2/output'), []);
  assert.deepEqual(differing(mosaic.output, 'run/mosaic/output'), []);
});

test('the rows for the result table say what the source list says, with the names of flags, and one outcome', () => {
  const output = join(directory, 'run/extract-1/output');
  const lines = (name) =>
    readFileSync(join(output, 'results', name), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
  const listed = parseCsv(readFileSync(join(output, 'sources.csv'), 'utf8')).rows;
  const rows = lines('sources.ndjson');
  assert.deepEqual(
    rows.map(({ number, flux }) => [number, flux]),
    listed.map(({ id, flux }) => [Number(id), Number(flux)]),
  );
  const yaml = readFileSync(programPath('pipeline.yaml'), 'utf8');
  const columns = [...yaml.matchAll(/\{ name: (\w+), type: /g)].map(([, name]) => name);
  assert.deepEqual(Object.keys(rows[0]), ['item', ...columns, 'flags']);
  const bits = new Map(
    [...yaml.matchAll(/\{ bit: (\d), name: (\w+),/g)].map(([, bit, name]) => [name, 2 ** bit]),
  );
  assert.deepEqual(
    rows.map(({ flags }) => flags.reduce((sum, name) => sum + bits.get(name), 0)),
    listed.map(({ flags }) => Number(flags)),
  );
  assert.equal(lines('outcomes.ndjson').length, 1);
});

test('equal seeds render equal files, other seeds others', () => {
  const again = renderField(join(directory, 'again'), { seed: 7, frames: 1 });
  const other = renderField(join(directory, 'other'), { seed: 8, frames: 1 });
  assert.equal(digest(again.frames[0]), digest(field.frames[0]));
  assert.notEqual(digest(other.frames[0]), digest(field.frames[0]));
});

test('frames without world coordinates are registered by their stars, in pixels', async () => {
  const blind = renderField(join(directory, 'blind'), { seed: 7, frames: 2, withoutWcs: true });
  const { code, stderr, output } = runBothSteps(join(directory, 'blind-run'), blind.frames);
  assert.equal(code, 0, stderr);
  const { warnings } = json(join(output, 'warnings.json'));
  assert.deepEqual(
    warnings.map(({ code: kind }) => kind),
    ['no_wcs', 'no_wcs'],
  );
  const metrics = json(join(output, 'metrics.json'));
  assert.ok(metrics.overlap_pairs.value > 25);
  assert.equal(metrics.overlap_offset_arcsec_median, undefined);
  // The frames are turned against each other by a fraction of a degree, which no displacement can undo.
  assert.ok(metrics.overlap_offset_pixel_median.value < 2);
  assert.equal((await readFitsImage(join(output, 'science/mosaic.fits'))).header.get('CTYPE1'), 'LINEAR');
});

test('one frame without world coordinates joins those that have them', () => {
  const { code, stderr, output } = runMosaic('mixed', ['run/extract-1', 'blind-run/extract-2']);
  assert.equal(code, 0, stderr);
  assert.match(
    json(join(output, 'warnings.json')).warnings[0].message,
    /placed by \d+ stars it shares with pleiades-01\.fits/,
  );
  assert.ok(json(join(output, 'metrics.json')).overlap_offset_arcsec_median !== undefined);
});

test('without zero points frames are brought to one scale by common stars', () => {
  const config = { zero_point_keywords: ['NONE'] };
  const { code, output } = runBothSteps(join(directory, 'uncalibrated'), field.frames.slice(0, 2), {
    extract: config,
  });
  assert.equal(code, 0);
  assert.deepEqual(
    json(join(output, 'warnings.json')).warnings.map(({ code: kind }) => kind),
    ['no_zero_point'],
  );
  assert.ok(Math.abs(json(join(output, 'metrics.json')).overlap_magnitude_difference_median.value) < 0.005);
});

test('presentation changes the picture and nothing else', () => {
  const other = extractOne('linear', field.frames[0], { preview_stretch: 'linear' });
  const same = (name) =>
    digest(join(other.output, name)) === digest(join(directory, 'run/extract-1/output', name));
  assert.deepEqual(['image.fits', 'sources.csv', 'metrics.json', 'preview.png'].map(same), [
    true,
    true,
    true,
    false,
  ]);
});

test('the header tool prints dimensions, one line a file, and reports what it cannot read', () => {
  const { stdout, status } = spawnSync(
    process.execPath,
    [programPath('headers.mjs'), field.frames[0], programPath('README.md')],
    { encoding: 'utf8' },
  );
  const [good, bad] = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.equal(status, 65);
  assert.deepEqual(
    [good.obs_time, good.exposure_seconds, good.instrument, good.filter, good.object],
    ['2024-11-07T21:14:00.000Z', 10, 'DEMOCAM', 'V', 'Pleiades'],
  );
  assert.match(bad.error, /not a FITS file/);
});

test('the check says no when magnitudes are wrong', () => {
  const shifted = join(directory, 'shifted.csv');
  writeFileSync(
    shifted,
    readFileSync(field.truth, 'utf8').replace(
      /,(\d+\.?\d*)$/gm,
      (_, magnitude) => `,${Number(magnitude) + 0.2}`,
    ),
  );
  const { status, stdout } = spawnSync(
    process.execPath,
    [programPath('check.mjs'), join(run.output, 'science/sources.csv'), shifted],
    { encoding: 'utf8' },
  );
  assert.equal(status, 1);
  assert.match(stdout, /NOT recovered: magnitudes are off by 0\.1\d\d/);
});

test('pipeline.yaml and the programs agree on every parameter and its default', () => {
  const yaml = readFileSync(programPath('pipeline.yaml'), 'utf8');
  const [extract, mosaic] = yaml.split('- name: imaging-mosaic');
  const declared = (text) =>
    Object.fromEntries(
      [...text.matchAll(/^ {8}(\w+):\n {10}type: \w+\n {10}default: (.*)$/gm)].map(([, name, value]) => [
        name,
        value.startsWith('[') ? value.slice(1, -1).split(', ') : plain(value),
      ]),
    );
  assert.deepEqual(declared(extract), {
    ...EXTRACT_DEFAULTS,
    zero_point_keywords: [...EXTRACT_DEFAULTS.zero_point_keywords],
  });
  assert.deepEqual(declared(mosaic), { ...MOSAIC_DEFAULTS });
});

const plain = (value) =>
  value === 'true' || value === 'false'
    ? value === 'true'
    : Number.isNaN(Number(value))
      ? value
      : Number(value);

/** Real tiles are too large for the repository: set IMAGING_M17_DIR to the directory that has them. */
const tiles = process.env.IMAGING_M17_DIR;
test(
  'eight real 2MASS tiles agree in their overlaps',
  { skip: tiles ? false : 'IMAGING_M17_DIR is not set' },
  () => {
    const files = readdirSync(tiles)
      .filter((name) => name.endsWith('.fits.gz'))
      .sort()
      .map((name) => join(tiles, name));
    const { code, stderr, output } = runBothSteps(join(directory, 'm17'), files, {
      extract: { image_background: 'level' },
    });
    assert.equal(code, 0, stderr);
    const metrics = json(join(output, 'metrics.json'));
    assert.ok(metrics.overlap_pairs.value >= 500);
    assert.ok(metrics.overlap_offset_arcsec_median.value <= 0.3);
    assert.ok(Math.abs(metrics.overlap_magnitude_difference_median.value) <= 0.03);
  },
);
