import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../sql.js';

/** An image as software versions name it, at one location. */
export interface ImageKey {
  readonly locationId: number;
  readonly image: string;
  /** The versions' image_digest; empty for a tag. */
  readonly wantedDigest: string;
}

export interface ImageAt extends ImageKey {
  /** Null until the file is there and is what it must be. */
  readonly path: string | null;
  readonly fileState: string | null;
  readonly sha256: string | null;
  readonly problem: string | null;
}

/** What is known of these images at a location; those that nobody has looked for yet are left out. */
export const loadImages = (
  manager: EntityManager,
  locationId: number,
  images: readonly Omit<ImageKey, 'locationId'>[],
): Promise<ImageAt[]> =>
  queryRows(
    manager,
    sql`
    SELECT known.location_id AS "locationId", known.image, known.wanted_digest AS "wantedDigest", known.path,
           known.file_state AS "fileState", known.sha256, known.problem
    FROM unnest(${images.map(({ image }) => image)}::text[], ${images.map(({ wantedDigest }) => wantedDigest)}::text[])
      AS asked (image, wanted_digest)
    JOIN location_image known USING (image, wanted_digest)
    WHERE known.location_id = ${locationId}
  `,
  );
