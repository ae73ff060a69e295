import { join } from 'node:path';
import type { Dims } from '@meridian/core';
import { factsOf } from '../fits/header-facts.js';
import type { HeaderFacts } from '../fits/header-facts.js';
import { hashFile, readFitsHeader } from '../fits/read-fits-file.js';

/** A raw data file as the API wants to know it. */
export interface RawFileRow extends HeaderFacts {
  readonly name: string;
  readonly location: string;
  /** Relative to the location's base. */
  readonly path: string;
  readonly size_bytes: number;
  readonly sha256: string;
}

export interface DescribeOptions {
  readonly base: string;
  readonly path: string;
  readonly location: string;
  /** Dimensions from the command line: they win over the header's. */
  readonly dims: Dims;
}

/**
 * Reads a FITS file's header and hashes all its bytes.
 *
 * Every file is read whole every time: a file that was overwritten with the same size and date must not pass for the
 * old one.
 */
export async function describeFile({ base, path, location, dims }: DescribeOptions): Promise<RawFileRow> {
  const file = join(base, path);
  const facts = factsOf(await readFitsHeader(file));
  // The path is the name: files of two nights may be called the same.
  return {
    name: path,
    location,
    path,
    ...(await hashFile(file)),
    ...facts,
    dims: { ...facts.dims, ...dims },
  };
}
