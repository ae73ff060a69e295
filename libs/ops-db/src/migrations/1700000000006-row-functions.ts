import type { MigrationInterface, QueryRunner } from 'typeorm';

const JSON_FUNCTIONS = `
-- A JSON text, number or boolean; NULL for null, lists and objects. Numbers lose trailing zeros, so that equal keys look equal.
CREATE FUNCTION scalar_json(value jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE jsonb_typeof(value)
    WHEN 'string' THEN value
    WHEN 'boolean' THEN value
    WHEN 'number' THEN to_jsonb(trim_scale(value::numeric))
  END
$$;
CREATE FUNCTION json_text(value jsonb) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN jsonb_typeof(value) = 'string' THEN value #>> '{}' END
$$;
CREATE FUNCTION json_number(value jsonb) RETURNS numeric LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN jsonb_typeof(value) = 'number' THEN value::numeric END
$$;
`;

const TIME_FUNCTIONS = `
-- An ISO 8601 time, UTC unless an offset says otherwise, years 1 to 9999; NULL for any other text. A cast to timestamptz
-- would depend on settings of the session and fail on the first text that is no time.
CREATE FUNCTION iso_instant(value text) RETURNS timestamptz LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  part text[] := regexp_match(value, '^([0-9]{4})-([0-9]{2})-([0-9]{2})(?:[T ]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:[.]([0-9]{1,9}))?)?(?:Z|([+-])([0-9]{2})(?::?([0-9]{2}))?)?)?$');
  year integer := part[1];
  month integer := part[2];
  day integer := part[3];
  hour integer := COALESCE(part[4], '0');
  minute integer := COALESCE(part[5], '0');
  second integer := COALESCE(part[6], '0');
  microsecond integer := rpad(left(COALESCE(part[7], '0'), 6), 6, '0');
  offset_hour integer := COALESCE(part[9], '0');
  offset_minute integer := COALESCE(part[10], '0');
  local timestamp;
BEGIN
  IF part IS NULL OR year < 1 OR month NOT BETWEEN 1 AND 12 OR day < 1 OR hour > 23 OR minute > 59 OR second > 59
    OR offset_hour > 15 OR offset_minute > 59 THEN
    RETURN NULL;
  END IF;
  IF day > extract(day FROM make_date(year, month, 1) + interval '1 month' - interval '1 day') THEN
    RETURN NULL;
  END IF;
  local := make_timestamp(year, month, day, hour, minute, second) + microsecond * interval '1 microsecond'
    - make_interval(mins => (offset_hour * 60 + offset_minute) * CASE WHEN part[8] = '-' THEN -1 ELSE 1 END);
  IF local < timestamp '0001-01-01' OR local >= timestamp '10000-01-01' THEN
    RETURN NULL;
  END IF;
  RETURN local AT TIME ZONE 'UTC';
END $$;

-- Start of the bucket of that width. Buckets are counted from Monday 2000-01-03 00:00 UTC: weeks begin on Mondays, and
-- every width that divides a day begins at midnight UTC. Not a calendar: widths in months or years are refused by core.
CREATE FUNCTION time_bucket(at timestamptz, width interval) RETURNS timestamptz LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT date_bin(width, at, timestamptz '2000-01-03 00:00:00+00')
$$;
`;

const SKY_FUNCTIONS = `
-- Angle between two directions in degrees (Vincenty's formula on a sphere: accurate near 0 and near 180).
-- Coordinates below 1e-30 count as zero: float8 products that underflow raise an error.
CREATE FUNCTION angular_separation_deg(ra1 float8, dec1 float8, ra2 float8, dec2 float8) RETURNS float8
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  per_degree CONSTANT float8 := 0.017453292519943295;
  phi1 float8 := CASE WHEN abs(dec1) < 1e-30 THEN 0 ELSE dec1 END * per_degree;
  phi2 float8 := CASE WHEN abs(dec2) < 1e-30 THEN 0 ELSE dec2 END * per_degree;
  lambda float8 := (CASE WHEN abs(ra2) < 1e-30 THEN 0 ELSE ra2 END - CASE WHEN abs(ra1) < 1e-30 THEN 0 ELSE ra1 END) * per_degree;
  x float8 := cos(phi2) * sin(lambda);
  y float8 := cos(phi1) * sin(phi2) - sin(phi1) * cos(phi2) * cos(lambda);
  cosine float8 := sin(phi1) * sin(phi2) + cos(phi1) * cos(phi2) * cos(lambda);
BEGIN
  RETURN atan2(sqrt(x * x + y * y), cosine) / per_degree;
END $$;

-- HEALPix pixel in the ring scheme (Górski et al. 2005, ApJ 622, 759); 0 <= ra_deg < 360, nside a power of two up to 8192.
-- The sine is rounded to multiples of 2^-50: its last bit differs between libraries, and 30 degrees lies on pixel edges.
CREATE FUNCTION healpix_ring(ra_deg float8, dec_deg float8, nside integer) RETURNS bigint
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  sine_grid CONSTANT float8 := 1125899906842624;
  per_degree CONSTANT float8 := 0.017453292519943295;
  n CONSTANT float8 := nside;
  z float8 := floor(sin(CASE WHEN abs(dec_deg) < 1e-30 THEN 0 ELSE dec_deg END * per_degree) * sine_grid + 0.5) / sine_grid;
  tt float8 := CASE WHEN abs(ra_deg) < 1e-30 THEN 0 ELSE ra_deg END / 90;
  scale float8;
  ascending bigint;
  descending bigint;
  ring bigint;
BEGIN
  IF tt >= 4 THEN tt := 0; END IF;
  IF abs(z) <= 2::float8 / 3 THEN
    ascending := floor(n * (0.5 + tt) - n * z * 0.75);
    descending := floor(n * (0.5 + tt) + n * z * 0.75);
    ring := nside + 1 + ascending - descending;
    RETURN 2 * nside::bigint * (nside - 1) + (ring - 1) * 4 * nside
      + (ascending + descending - nside + CASE WHEN ring % 2 = 0 THEN 1 ELSE 0 END + 1) / 2 % (4 * nside);
  END IF;
  scale := n * sqrt(3 * (1 - abs(z)));
  ring := floor((tt - floor(tt)) * scale)::bigint + floor((1 - (tt - floor(tt))) * scale)::bigint + 1;
  RETURN floor(tt * ring)::bigint % (4 * ring)
    + CASE WHEN z > 0 THEN 2 * ring * (ring - 1) ELSE 12 * nside::bigint * nside - 2 * ring * (ring + 1) END;
END $$;
`;

/**
 * What compiled filters and group keys call. Every function is a pure function of its arguments, never raises an error,
 * and has its twin in libs/core (filter, grouping): change both, and the property tests tell whether they agree.
 */
export class RowFunctions1700000000006 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const functions of [JSON_FUNCTIONS, TIME_FUNCTIONS, SKY_FUNCTIONS]) await runner.query(functions);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
DROP FUNCTION healpix_ring(float8, float8, integer), angular_separation_deg(float8, float8, float8, float8),
  time_bucket(timestamptz, interval), iso_instant(text), json_number(jsonb), json_text(jsonb), scalar_json(jsonb);`);
  }
}
