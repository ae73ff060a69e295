import { readdirSync, realpathSync, statSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { messageOf } from '@meridian/core';
import { CliError, EXIT_CODES } from '../cli-error.js';

/** Names that are taken for FITS files: plain, gzipped, tile-compressed. */
const FITS_NAME = /\.(fits|fit)(\.gz|\.fz)?$/i;

/** A directory and the FITS files found below it, as paths relative to it with `/`, sorted. */
export interface FoundFiles {
  readonly base: string;
  readonly paths: readonly string[];
}

/**
 * The FITS files at a path: a directory is searched to any depth (hidden directories are not), a single file has its
 * directory as the base. Links to directories are not followed.
 */
export function findFitsFiles(path: string): FoundFiles {
  const real = realPath(path);
  if (!statSync(real).isDirectory()) return { base: dirname(real), paths: [relative(dirname(real), real)] };
  return {
    base: real,
    paths: filesBelow(real)
      .map((file) => relative(real, file).split(sep).join('/'))
      .sort(),
  };
}

function filesBelow(directory: string): string[] {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const path = join(directory, entry.name);
    if (entry.name.startsWith('.')) return [];
    if (entry.isDirectory()) return filesBelow(path);
    return FITS_NAME.test(entry.name) && statSync(path, { throwIfNoEntry: false })?.isFile() === true
      ? [path]
      : [];
  });
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch (error) {
    throw new CliError({
      message: `${path} cannot be read: ${messageOf(error)}.`,
      action: 'Name an existing file or directory.',
      exitCode: EXIT_CODES.inputData,
    });
  }
}
