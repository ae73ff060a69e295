const RADIANS_PER_DEGREE = 0.017453292519943295;

/**
 * What a cone's edge includes beyond its radius (3.6 microarcseconds), so that a position exactly on the edge is inside
 * whatever the last bit of the sine was.
 */
export const CONE_TOLERANCE_DEG = 1e-9;

/** PostgreSQL raises an error when a product underflows: coordinates this small are zero in both readers. */
const flushed = (value: number): number => (Math.abs(value) < 1e-30 ? 0 : value);

/**
 * Angle between two directions in degrees, 0 to 180, accurate at every distance.
 *
 * Vincenty's formula for a sphere (arctangent of sine and cosine of the angle): the cosine rule loses small angles, the
 * haversine those near 180°. The SQL function `angular_separation_deg` is the same formula.
 */
export function angularSeparationDeg(ra1: number, dec1: number, ra2: number, dec2: number): number {
  const phi1 = flushed(dec1) * RADIANS_PER_DEGREE;
  const phi2 = flushed(dec2) * RADIANS_PER_DEGREE;
  const lambda = (flushed(ra2) - flushed(ra1)) * RADIANS_PER_DEGREE;
  const x = Math.cos(phi2) * Math.sin(lambda);
  const y = Math.cos(phi1) * Math.sin(phi2) - Math.sin(phi1) * Math.cos(phi2) * Math.cos(lambda);
  const cosine = Math.sin(phi1) * Math.sin(phi2) + Math.cos(phi1) * Math.cos(phi2) * Math.cos(lambda);
  return Math.atan2(Math.sqrt(x * x + y * y), cosine) / RADIANS_PER_DEGREE;
}
