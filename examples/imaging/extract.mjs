/**
 * Step `extract`: one raw exposure in, its background-subtracted image, source
 * list and preview out. What it is asked to do arrives through the container
 * contract alone; see README.md for running it by hand.
 */
import { BadInputError } from './lib/bad-input-error.mjs';
import { ConfigurationError, runStep } from './lib/contract.mjs';
import { encodeFitsImage, readFitsImage } from './lib/fits-image.mjs';
import { observationOf } from './lib/observation.mjs';
import { EXTRACT_DEFAULTS } from './lib/parameters.mjs';
import { readCalibration } from './lib/photometry.mjs';
import { renderPreview } from './lib/preview.mjs';
import { extractSources } from './lib/source-extraction.mjs';
import { formatSourceTable, sourceRows } from './lib/source-table.mjs';
import { wcsFromHeader } from './lib/wcs.mjs';

/** @typedef {import('./lib/contract.mjs').Step<typeof EXTRACT_DEFAULTS>} Step */

/** @param {Step} step */
async function extract(step) {
  const { config } = step;
  if (step.inputs.length !== 1) {
    const count = step.inputs.length;
    throw new ConfigurationError(
      `extract works on one exposure, the manifest has ${count}; group the step by [raw_data_file]`,
    );
  }
  const [input] = step.inputs;
  const image = await readFitsImage(input.path);
  step.progress(1, 3, `read ${input.name}, ${image.width} × ${image.height} pixels`);

  const extraction = extractSources(image, config, {
    gain: image.header.number(config.gain_keyword) ?? null,
    saturationLevel: image.header.number(config.saturation_keyword) ?? null,
  });
  if (extraction === null) {
    throw new BadInputError(input.path, 'no usable pixels: all are blank; take it out of the group');
  }
  step.progress(2, 3, `found ${extraction.sources.length} sources`);

  const frame = identifyFrame(step, input, image.header);
  writeProducts(step, image, extraction, frame);
  step.fill('sources', input, sourceRows(extraction.sources, frame));
  recordMetrics(step, image, extraction, frame.wcs);
  step.progress(3, 3, `wrote the results for ${observationOf(image.header).object ?? input.name}`);
}

/** Where the exposure is on the sky and what its counts mean; warns of what its header does not say. */
function identifyFrame(step, input, header) {
  const { config } = step;
  const { wcs, reason } = wcsFromHeader(header);
  if (!wcs) step.warn('no_wcs', `${input.name}: ${reason}; sources have pixel positions only`);
  const calibration = readCalibration(header, {
    keywords: config.zero_point_keywords,
    perSecond: config.zero_point_per_second,
    exposureKeyword: config.exposure_keyword,
  });
  if (calibration.keyword === null) {
    const keywords = config.zero_point_keywords.join(', ');
    step.warn(
      'no_zero_point',
      `${input.name}: none of ${keywords} in the header; magnitudes are instrumental`,
    );
  }
  return { name: input.name, id: frameId(input), wcs, calibration };
}

function writeProducts(step, image, extraction, frame) {
  const { image_background: background, preview_stretch: stretch } = step.config;
  const pixels = imagePixels(image, extraction, background);
  const header = describeImage(image.header, frame, extraction);
  step.write('image.fits', encodeFitsImage({ ...image, pixels, header }), {
    type: 'INTERMEDIATE',
    description: 'the exposure without its sky background; cosmic rays are NaN',
  });
  step.write('sources.csv', formatSourceTable(extraction.sources, frame), {
    type: 'INTERMEDIATE',
    description: 'sources found, with positions, fluxes and magnitudes',
  });
  step.write('preview.png', renderPreview({ ...image, pixels }, { stretch }), {
    type: 'PLOT',
    description: `${frame.name}, background subtracted, ${stretch} stretch`,
  });
}

/** The content decides: a renamed file is the same frame. */
const frameId = (input) => String(input.sha256 ?? input.name).slice(0, 16);

/** What `image.fits` holds: with `level` nebulae survive, because only one number is taken from the whole image. */
function imagePixels(image, { subtracted, background }, mode) {
  if (mode === 'map') return subtracted;
  if (mode !== 'level') throw new ConfigurationError(`image_background must be map or level, not ${mode}`);
  return subtracted.map((value, i) => (Number.isNaN(value) ? NaN : image.pixels[i] - background.medianLevel));
}

/** The exposure's own header, with what the next step needs to know. */
function describeImage(original, { name, id, calibration }, { background, fwhm, apertureFactor }) {
  const header = original.withoutStructure();
  header.set('FRAME', name, 'raw exposure');
  header.set('FRAMEID', id, 'ties this image to its source list');
  header.set(
    'BKGLEVEL',
    Number(background.medianLevel.toPrecision(8)),
    '[counts] background taken out, median',
  );
  header.set('BKGNOISE', Number(background.medianNoise.toPrecision(8)), '[counts] noise of a pixel, median');
  header.set('APCORR', Number(apertureFactor.toPrecision(6)), 'aperture correction, factor on fluxes');
  if (calibration.keyword !== null)
    header.set(
      'ZPEFF',
      Number(calibration.zeroPoint.toFixed(6)),
      `[mag] of one count here, from ${calibration.keyword}`,
    );
  if (Number.isFinite(fwhm)) header.set('FWHMPIX', Number(fwhm.toFixed(4)), '[pixel] median width of stars');
  return header;
}

function recordMetrics(step, image, { sources, background, cosmicRays, fwhm, apertureFactor }, wcs) {
  const missing = image.pixels.reduce((count, value) => count + (Number.isFinite(value) ? 0 : 1), 0);
  step.metric('n_sources', sources.length);
  step.metric('background_level', background.medianLevel, 'counts');
  step.metric('background_noise', background.medianNoise, 'counts');
  step.metric('fwhm_median_pixel', fwhm, 'pixel');
  if (wcs) step.metric('fwhm_median_arcsec', fwhm * wcs.pixelScale, 'arcsec');
  step.metric('nan_fraction', missing / image.pixels.length);
  step.metric('cosmic_ray_pixels', cosmicRays.length);
  step.metric('aperture_correction', 2.5 * Math.log10(apertureFactor), 'mag');
}

await runStep(EXTRACT_DEFAULTS, extract);
