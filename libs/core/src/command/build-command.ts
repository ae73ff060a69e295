import type { Bind } from '../execution/container-view.js';
import { DomainError } from '../shared/domain-error.js';

const PLACEHOLDER = /\{(\w+)\}/g;
const VARIABLE_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/**
 * The argument list of a command template, each `{name}` replaced from `values`, once: a value is never read as a
 * template again, and one template word is always one argument.
 *
 * @throws DomainError `software.unknown_placeholder`
 */
export function fillCommand(template: readonly string[], values: Readonly<Record<string, string>>): string[] {
  return template.map((word) => word.replace(PLACEHOLDER, (_, name: string) => valueOf(name, values)));
}

function valueOf(name: string, values: Readonly<Record<string, string>>): string {
  const value = Object.hasOwn(values, name) ? values[name] : undefined;
  if (value !== undefined) return value;
  throw new DomainError({
    kind: 'invalid',
    code: 'software.unknown_placeholder',
    message: `The command names {${name}}, which has no value here.`,
    action: `Use one of ${Object.keys(values)
      .map((known) => `{${known}}`)
      .join(', ')}.`,
  });
}

/**
 * One POSIX shell line for an argument list. The only place that quotes.
 *
 * @throws DomainError `command.invalid_argument` for a NUL character, which no argument can hold.
 */
export const quoteShell = (argv: readonly string[]): string => argv.map(quoteWord).join(' ');

function quoteWord(word: string): string {
  if (word.includes('\0')) throw unsafe('command.invalid_argument', 'an argument', word, 'a NUL character');
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

/** The command without a container: as it is, in a list of its own. */
export const hostCommand = (argv: readonly string[]): string[] => [...argv];

export interface ContainerCommand {
  /** `apptainer` or `singularity`: the program's name or its absolute path. */
  readonly program?: string;
  /** Absolute path of a SIF file, or a `docker://`, `oras://` or `library://` reference. */
  readonly image: string;
  readonly binds: readonly Bind[];
  readonly environment: Readonly<Record<string, string>>;
  readonly argv: readonly string[];
}

/**
 * The command inside a container: `apptainer exec --cleanenv --no-home --containall --bind … --env … --pwd /workflow
 * <image> <argv>`.
 *
 * Apptainer splits `--bind` at colons and commas, and `--env` at commas and double quotes, before it looks at them, and has
 * no way to escape them that all its versions share: such a value is refused here, not mounted somewhere else.
 *
 * @throws DomainError `command.unsafe_bind`, `command.unsafe_environment` or `command.invalid_image`
 */
export function apptainerCommand(command: ContainerCommand): string[] {
  if (!/^(\/|(docker|oras|library):\/\/)/.test(command.image)) {
    throw unsafe(
      'command.invalid_image',
      'an image',
      command.image,
      'neither an absolute path nor a registry reference',
    );
  }
  return [
    command.program ?? 'apptainer',
    'exec',
    '--cleanenv',
    '--no-home',
    '--containall',
    ...command.binds.flatMap((bind) => ['--bind', bindText(bind)]),
    ...Object.entries(command.environment).flatMap(([name, value]) => [
      '--env',
      environmentText(name, value),
    ]),
    '--pwd',
    '/workflow',
    command.image,
    ...command.argv,
  ];
}

function bindText({ source, target, readOnly }: Bind): string {
  for (const path of [source, target]) {
    if (!path.startsWith('/') || /[:,"\\\0\r\n]/.test(path)) {
      throw unsafe(
        'command.unsafe_bind',
        'a directory to mount',
        path,
        'not absolute, or holds a colon, comma, quote or line break',
      );
    }
  }
  return `${source}:${target}${readOnly ? ':ro' : ''}`;
}

function environmentText(name: string, value: string): string {
  if (!VARIABLE_NAME.test(name))
    throw unsafe('command.unsafe_environment', 'a variable', name, 'not a variable name');
  if (/[,"\0\r\n]/.test(value)) {
    throw unsafe(
      'command.unsafe_environment',
      `the variable ${name}`,
      value,
      'holds a comma, a double quote or a line break',
    );
  }
  return `${name}=${value}`;
}

const unsafe = (code: string, what: string, value: string, why: string): DomainError =>
  new DomainError({
    kind: 'invalid',
    code,
    message: `Cannot use ${JSON.stringify(value.slice(0, 200))} as ${what}: ${why}.`,
    action: 'Change the name in the definition or the location, then try again.',
  });
