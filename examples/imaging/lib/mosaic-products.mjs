/** The files and numbers a mosaic leaves behind. */
import { formatCsv } from './csv.mjs';
import { makeCommentary } from './fits-card.mjs';
import { FitsHeader } from './fits-header.mjs';
import { encodeFitsImage } from './fits-image.mjs';
import { summarisePairs } from './overlaps.mjs';
import { renderPreview } from './preview.mjs';
import { formatSourceTable } from './source-table.mjs';

/**
 * @typedef {import('./contract.mjs').Step<typeof import('./parameters.mjs').MOSAIC_DEFAULTS>} Step
 * @typedef {import('./mosaic-grid.mjs').PlacedFrame} PlacedFrame
 * @typedef {import('./mosaic-grid.mjs').Grid} Grid
 * @typedef {import('./match-levels.mjs').Levels} Levels
 */

/** Keywords worth keeping when all frames agree on them. */
const SHARED_KEYWORDS = ['OBJECT', 'TELESCOP', 'TELNAME', 'INSTRUME', 'FILTER', 'ORIGIN', 'OBSERVER'];

/**
 * The image with its coverage, the source list and the picture.
 * @param {Step} step
 */
export function writeMosaic(step, { frames, grid, levels, image, coverage, extraction }) {
  const header = describeMosaic(frames, grid, levels, extraction);
  const coverageHeader = grid.wcs.writeTo(new FitsHeader()).set('BUNIT', 'frames');
  const units = [
    encodeFitsImage({ ...image, header }),
    encodeFitsImage({
      ...image,
      pixels: coverage,
      bitpix: 16,
      header: coverageHeader,
      extension: 'COVERAGE',
    }),
  ];
  step.write('science/mosaic.fits', Buffer.concat(units), {
    type: 'SCIENCE',
    description: `${frames.length} frames combined; the extension COVERAGE counts the frames at each pixel`,
  });
  const calibration = { zeroPoint: levels.common, keyword: levels.calibrated ? 'the frames' : null };
  const table = formatSourceTable(extraction.sources, {
    name: 'science/mosaic.fits',
    id: 'mosaic',
    wcs: grid.wcs,
    calibration,
    fluxUnit: 'counts of the mosaic',
  });
  step.write('science/sources.csv', table, {
    type: 'SCIENCE',
    description: 'sources found on the mosaic, with positions, fluxes and magnitudes',
  });
  step.write('plots/mosaic.png', renderPreview(image, { stretch: step.config.preview_stretch }), {
    type: 'PLOT',
    description: `the mosaic, ${grid.wcs.isSky ? 'north up, east left, ' : ''}${step.config.preview_stretch} stretch`,
  });
}

function describeMosaic(frames, grid, { common, calibrated }, { background, fwhm }) {
  const header = new FitsHeader();
  for (const keyword of SHARED_KEYWORDS) {
    const values = new Set(frames.map((frame) => frame.header.text(keyword)));
    if (values.size === 1 && !values.has(undefined)) header.set(keyword, [...values][0]);
  }
  grid.wcs.writeTo(header);
  header.set('BUNIT', 'count');
  header.set('NCOMBINE', frames.length, 'frames combined');
  if (calibrated) header.set('MAGZP', Number(common.toFixed(6)), '[mag] of one count in this image');
  header.set('BKGNOISE', Number(background.medianNoise.toPrecision(8)), '[counts] noise of a pixel, median');
  if (Number.isFinite(fwhm)) header.set('FWHMPIX', Number(fwhm.toFixed(4)), '[pixel] median width of stars');
  for (const frame of frames)
    header.cards.push(...makeCommentary('HISTORY', `frame ${frame.name} ${frame.id}`));
  return header;
}

/**
 * How well frames agree, pair by pair and all together.
 * @param {Step} step
 * @param {{frames: PlacedFrame[], grid: Grid, levels: Levels, overlaps: import('./overlaps.mjs').FrameOverlap[]}} mosaic
 */
export function writeOverlaps(step, { frames, grid, levels, overlaps }) {
  const unit = grid.wcs.isSky ? 'arcsec' : 'pix';
  const calibrated = overlaps.map(({ a, b, pairs }) => ({
    a,
    b,
    pairs: pairs.map((pair) => ({
      ...pair,
      magnitudeDifference: pair.magnitudeDifference + levels.zeroPoints[b] - levels.zeroPoints[a],
    })),
  }));
  const round = (value) => (Number.isFinite(value) ? Number(value.toFixed(4)) : NaN);
  const columns = [
    'frame_a',
    'frame_b',
    'pairs',
    `east_offset_${unit}`,
    `north_offset_${unit}`,
    `offset_${unit}_median`,
    'mag_difference_median',
    'mag_difference_scatter',
  ];
  const rows = calibrated.map(({ a, b, pairs }) => {
    const { count, east, north, separation, magnitudeDifference, magnitudeScatter } = summarisePairs(pairs);
    return [
      frames[a].name,
      frames[b].name,
      count,
      ...[east, north, separation, magnitudeDifference, magnitudeScatter].map(round),
    ];
  });
  const notes = {
    differences: 'frame_b minus frame_a, isolated unflagged stars only',
    frames: frames
      .map(
        ({ name }, i) =>
          `${name} zero point ${round(levels.zeroPoints[i])} background ${round(levels.offsets[i])}`,
      )
      .join('; '),
  };
  step.write('statistics/overlaps.csv', formatCsv(columns, rows, notes), {
    type: 'STATISTICS',
    description: 'agreement of positions and magnitudes for every two overlapping frames',
  });
  recordOverlapMetrics(
    step,
    calibrated.flatMap(({ pairs }) => pairs),
    unit,
  );
}

function recordOverlapMetrics(step, pairs, unit) {
  const summary = summarisePairs(pairs);
  const name = unit === 'arcsec' ? 'arcsec' : 'pixel';
  step.metric('overlap_pairs', summary.count);
  step.metric(`overlap_offset_${name}_median`, summary.separation, name);
  step.metric('overlap_magnitude_difference_median', summary.magnitudeDifference, 'mag');
  step.metric('overlap_magnitude_difference_scatter', summary.magnitudeScatter, 'mag');
}

/** @param {Step} step */
export function recordMetrics(step, { all, frames, grid, coverage, extraction }) {
  const covered = coverage.reduce((count, value) => count + (value > 0 ? 1 : 0), 0);
  step.metric('sources', extraction.sources.length);
  step.metric('frames', frames.length);
  step.metric('frames_left_out', all.length - frames.length);
  step.metric('covered_fraction', covered / coverage.length);
  step.metric('background_noise', extraction.background.medianNoise, 'counts');
  step.metric('fwhm_median_pixel', extraction.fwhm, 'pixel');
  if (grid.wcs.isSky) step.metric('fwhm_median_arcsec', extraction.fwhm * grid.wcs.pixelScale, 'arcsec');
}
