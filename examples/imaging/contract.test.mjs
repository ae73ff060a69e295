/** One program as Meridian runs it, when things go wrong: exit codes, messages, and no partial files. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { inputOf, runProgram } from './by-hand.mjs';
import { FitsHeader } from './lib/fits-header.mjs';
import { encodeFitsImage } from './lib/fits-image.mjs';
import { syntheticImage } from './lib/synthetic-image.mjs';

const directory = mkdtempSync(join(tmpdir(), 'imaging-contract-'));
after(() => rmSync(directory, { recursive: true }));

const exposure = join(directory, 'exposure.fits');
writeFileSync(
  exposure,
  encodeFitsImage({
    ...syntheticImage(256, 256, [{ x: 100, y: 120, flux: 5000 }]),
    header: new FitsHeader(),
  }),
);

const programPath = (name) => fileURLToPath(new URL(name, import.meta.url));
const extractOne = (name, file, config = {}) =>
  runProgram({
    step: 'extract',
    directory: join(directory, name),
    inputs: [inputOf(file, { id: 1, role: 'member', product_type: null })],
    config,
  });

test('a truncated exposure ends with 65 and its name, and leaves no products', () => {
  const cut = join(directory, 'cut.fits');
  copyFileSync(exposure, cut);
  truncateSync(cut, 100_000);
  const { code, stderr, output } = extractOne('truncated', cut);
  assert.equal(code, 65);
  assert.match(stderr, /cut\.fits: truncated.*copy it again/);
  assert.equal(existsSync(join(output, 'image.fits')), false);
});

test('a file that is not FITS ends with 65, one that is not there with 1', () => {
  const note = join(directory, 'note.fits');
  writeFileSync(note, 'observing log');
  assert.equal(extractOne('not-fits', note).code, 65);
  const input = inputOf(note, { id: 1, role: 'member', product_type: null });
  const gone = runProgram({
    step: 'extract',
    directory: join(directory, 'gone'),
    inputs: [{ ...input, path: '/nowhere/a.fits' }],
  });
  assert.deepEqual([gone.code, /ENOENT.*\/nowhere\/a\.fits/.test(gone.stderr)], [1, true]);
});

test('a full disk ends with 75 and leaves nothing under a final name', () => {
  const output = join(directory, 'full/output');
  mkdirSync(output, { recursive: true });
  // The temporary name leads to the device that is always full.
  symlinkSync('/dev/full', join(output, 'image.fits.part'));
  const { code, stderr } = extractOne('full', exposure);
  assert.equal(code, 75);
  assert.match(stderr, /no room to write .*image\.fits.*ENOSPC/);
  assert.deepEqual(readdirSync(output), ['progress.ndjson']);
});

test('mistakes in the set-up are said plainly', () => {
  assert.match(
    extractOne('typo', exposure, { detection_sgima: 5 }).stderr,
    /unknown parameters detection_sgima; known are detection_sigma/,
  );
  const none = runProgram({ step: 'extract', directory: join(directory, 'none'), inputs: [] });
  assert.deepEqual([none.code, /group the step by/.test(none.stderr)], [1, true]);
  assert.match(
    runProgram({ step: 'mosaic', directory: join(directory, 'nothing'), inputs: [] }).stderr,
    /no frame to combine/,
  );
  const bare = spawnSync(process.execPath, [programPath('extract.mjs')], { env: {}, encoding: 'utf8' });
  assert.deepEqual([bare.status, /WORKFLOW_MANIFEST/.test(bare.stderr)], [1, true]);
});
