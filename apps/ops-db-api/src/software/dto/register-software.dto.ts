import { JsonList, JsonMap, Text, Texts } from '../../http/fields.js';

/** Members are checked again, and against each other, by the rules for definitions files. */
export class RegisterSoftwareDto {
  @Text({ max: 63, example: 'photometry' })
  name!: string;

  @Text({ max: 100, example: '1.4.2', description: 'Semantic; a registered version never changes.' })
  version!: string;

  @Text({ min: 0, max: 10_000, optional: true })
  description?: string;

  @Text({
    optional: true,
    description: 'Absolute path of a SIF file, or a docker:// or oras:// reference, for a container runtime.',
  })
  image?: string;

  @Text({
    max: 4096,
    optional: true,
    description: 'Absolute folder of the program; containers see it as /workflow/software.',
  })
  host_directory?: string;

  @Text({
    optional: true,
    description: 'sha256:… of the image; required for a file, may be left out for a reference.',
  })
  image_digest?: string;

  @Text({
    optional: true,
    description:
      'sha256:… of the folder, or of image and folder together; may be left out for an image alone.',
  })
  digest?: string;

  @Texts({
    minItems: 1,
    maxItems: 1000,
    maxLength: 10_000,
    description:
      'Argument list; {software_dir}, {input_dir}, {output_dir}, {config_dir}, {workspace_dir} and {manifest} are filled in.',
  })
  command!: string[];

  @JsonMap({ optional: true })
  environment?: Record<string, string>;

  @JsonMap({ optional: true })
  config_schema?: Record<string, unknown>;

  @JsonMap({ optional: true, description: 'Exit code → failure class.' })
  exit_codes?: Record<string, string>;

  @JsonList({ optional: true, description: 'Result tables: name, description, rows_of, key, columns.' })
  tables?: unknown[];
}
