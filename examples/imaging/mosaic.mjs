/**
 * Step `mosaic`: all exposures of a field, as `extract` left them, combined into
 * one image with its source list, and the frames compared where they overlap.
 * What it is asked to do arrives through the container contract alone; see
 * README.md for running it by hand.
 */
import { ConfigurationError, runStep } from './lib/contract.mjs';
import { readFrames } from './lib/frames.mjs';
import { matchLevels } from './lib/match-levels.mjs';
import { buildMosaic } from './lib/mosaic-bands.mjs';
import { planGrid } from './lib/mosaic-grid.mjs';
import { recordMetrics, writeMosaic, writeOverlaps } from './lib/mosaic-products.mjs';
import { compareOverlaps } from './lib/overlaps.mjs';
import { MOSAIC_DEFAULTS } from './lib/parameters.mjs';
import { placeFrames } from './lib/place-frames.mjs';
import { KERNEL_RADIUS } from './lib/resample.mjs';
import { extractSources } from './lib/source-extraction.mjs';

/** @param {import('./lib/contract.mjs').Step<typeof MOSAIC_DEFAULTS>} step */
async function mosaic(step) {
  const { config } = step;
  if (!(config.resampling in KERNEL_RADIUS))
    throw new ConfigurationError(
      `resampling must be one of ${Object.keys(KERNEL_RADIUS).join(', ')}, not ${config.resampling}`,
    );
  const warn = (code, message) => step.warn(code, message);
  const all = await readFrames(step.inputs, warn);
  const frames = placeFrames(
    all.filter((frame) => isUsable(frame, warn)),
    warn,
  );
  if (frames.length === 0)
    throw new ConfigurationError(
      'no frame to combine: the inputs must hold the image.fits of at least one extract run',
    );
  step.progress(10, 100, `read ${frames.length} frames`);

  const grid = planGrid(frames);
  const overlaps = compareOverlaps(frames, grid, {
    matchRadius: config.match_radius_arcsec,
    isolationRadius: config.isolation_arcsec,
    minSnr: config.overlap_min_snr,
  });
  const levels = matchLevels(frames, grid, overlaps, { backgrounds: config.match_backgrounds });
  if (!levels.calibrated)
    warn('no_zero_point', 'no frame has a zero point; magnitudes are relative to the mean of the frames');
  else warnAboutBorrowedZeroPoints(frames, warn);
  step.progress(20, 100, `matched ${overlaps.length} overlaps`);

  const plan = planOf(frames, grid, levels, config);
  const { pixels, coverage } = await buildMosaic(plan, config.threads || step.cpus, (done, total) =>
    step.progress(20 + Math.round((50 * done) / total), 100, `combined band ${done} of ${total}`),
  );
  const image = { width: grid.width, height: grid.height, pixels };
  const extraction = extractSources(image, config);
  if (extraction === null) throw new ConfigurationError('the mosaic has no usable pixels');
  step.progress(
    90,
    100,
    `found ${extraction.sources.length} sources on ${grid.width} × ${grid.height} pixels`,
  );

  writeMosaic(step, { frames, grid, levels, image, coverage, extraction });
  writeOverlaps(step, { frames, grid, levels, overlaps });
  recordMetrics(step, { all, frames, grid, coverage, extraction });
  step.progress(100, 100, 'wrote the mosaic');
}

function isUsable(frame, warn) {
  const usable = frame.box.x1 > frame.box.x0;
  if (!usable) warn('empty_frame', `${frame.name} has no valid pixels; it is left out of the mosaic`);
  return usable;
}

function warnAboutBorrowedZeroPoints(frames, warn) {
  for (const { name } of frames.filter(({ zeroPoint }) => zeroPoint === null))
    warn(
      'zero_point_from_overlaps',
      `${name} has no zero point of its own; it is taken from the stars it shares with other frames`,
    );
}

const planOf = (frames, grid, { factors, offsets }, config) => ({
  grid,
  frames: frames.map(({ path, width, height, box, wcs, noise }, i) => ({
    path,
    width,
    height,
    box,
    wcs,
    factor: factors[i],
    offset: offsets[i],
    noise: noise * factors[i],
  })),
  options: {
    method: config.combine,
    clipSigma: config.clip_sigma,
    featherPixels: config.feather_px,
    resampling: config.resampling,
  },
});

await runStep(MOSAIC_DEFAULTS, mosaic);
