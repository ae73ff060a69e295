import { PACKAGE_STATES, type PackageState } from '@meridian/ops-db';
import { Name, OneOf, Text, WholeNumber } from '../../http/fields.js';

export class MoveRawDataPackageDto {
  @OneOf(PACKAGE_STATES)
  state!: PackageState;

  @Name({ optional: true, description: 'Location of its tar; with `path`.' })
  location?: string;

  @Text({
    max: 1024,
    optional: true,
    description: "Path of its tar, relative to the location's base path; with `location`.",
  })
  path?: string;

  @Text({
    min: 64,
    max: 64,
    pattern: /^[0-9a-f]{64}$/,
    optional: true,
    description: 'Of its tar; with `size_bytes`.',
  })
  sha256?: string;

  @WholeNumber({
    min: 0,
    max: Number.MAX_SAFE_INTEGER,
    optional: true,
    description: 'Of its tar; with `sha256`.',
  })
  size_bytes?: number;
}
