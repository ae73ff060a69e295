/**
 * The parameters of both steps with their defaults. `pipeline.yaml` describes
 * every one for people and says which of them change results.
 */
import { EXTRACTION_DEFAULTS } from './source-extraction.mjs';

export const EXTRACT_DEFAULTS = Object.freeze({
  ...EXTRACTION_DEFAULTS,
  image_background: 'map',
  zero_point_keywords: Object.freeze(['MAGZP', 'MAGZPT', 'ZEROPT', 'PHOTZP']),
  zero_point_per_second: false,
  exposure_keyword: 'EXPTIME',
  gain_keyword: 'GAIN',
  saturation_keyword: 'SATURATE',
  preview_stretch: 'asinh',
});

export const MOSAIC_DEFAULTS = Object.freeze({
  ...EXTRACTION_DEFAULTS,
  // Single hits were taken out before; what is sharp in a combined image is the image.
  cosmic_ray_sigma: 0,
  resampling: 'lanczos3',
  combine: 'clipped_mean',
  clip_sigma: 4,
  feather_px: 32,
  match_backgrounds: true,
  match_radius_arcsec: 2,
  isolation_arcsec: 6,
  overlap_min_snr: 5,
  preview_stretch: 'asinh',
  threads: 0,
});
