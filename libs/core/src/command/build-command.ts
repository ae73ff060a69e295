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
  /** Absolute path of a SIF file. */
  readonly image: string;
  readonly binds: readonly Bind[];
  readonly argv: readonly string[];
}

/**
 * The command inside a container: `apptainer --quiet exec --cleanenv --no-home --containall --no-eval --mount … --pwd /workflow
 * <image> <argv>`. Its variables come from `containerVariables`, in the environment of the command.
 *
 * `--mount` is read as one line of CSV, so that a quoted path may hold anything; `--bind` splits at colons and commas, with
 * no way around it. Without `--no-eval` the container's start would run `$(…)` in the values of variables. Both options
 * need Apptainer 1.1 or SingularityCE 3.10. `--quiet` keeps chatter out of what the step printed.
 *
 * @throws DomainError `command.unsafe_bind` or `command.invalid_image`
 */
export function apptainerCommand(command: ContainerCommand): string[] {
  if (!command.image.startsWith('/'))
    throw unsafe('command.invalid_image', 'an image', command.image, 'not an absolute path');
  return [
    command.program ?? 'apptainer',
    '--quiet',
    'exec',
    '--cleanenv',
    '--no-home',
    '--containall',
    '--no-eval',
    ...command.binds.flatMap((bind) => ['--mount', mountText(bind)]),
    '--pwd',
    '/workflow',
    command.image,
    ...command.argv,
  ];
}

/** A mount as one line of CSV, each field quoted. Reading CSV turns CR LF into LF: the one thing that cannot be said. */
function mountText({ source, target, readOnly }: Bind): string {
  for (const path of [source, target]) {
    if (!path.startsWith('/') || /\0|\r\n/.test(path)) {
      throw unsafe(
        'command.unsafe_bind',
        'a directory to mount',
        path,
        'not absolute, or holds a carriage return and a line feed',
      );
    }
  }
  const field = (key: string, value: string): string => `"${key}=${value.replaceAll('"', '""')}"`;
  const fields = ['type=bind', field('source', source), field('destination', target)];
  return [...fields, ...(readOnly ? ['ro'] : [])].join(',');
}

/**
 * The variables that a container shall have, as the variables of the runtime's own command that it makes them of. Any value
 * passes unharmed but one that ends a line with CR LF, of which the container's start makes LF; `--env` would split at commas and
 * quotes as well.
 *
 * @throws DomainError `command.unsafe_environment` for a name that is none, and for such a value
 */
export function containerVariables(
  runtime: 'apptainer' | 'singularity',
  environment: Readonly<Record<string, string>>,
): Record<string, string> {
  const prefix = runtime === 'apptainer' ? 'APPTAINERENV_' : 'SINGULARITYENV_';
  const entries = Object.entries(environment).map(([name, value]): [string, string] => {
    if (!VARIABLE_NAME.test(name))
      throw unsafe('command.unsafe_environment', 'a variable', name, 'not a variable name');
    if (!passesIntoContainer(value))
      throw unsafe(
        'command.unsafe_environment',
        `the variable ${name}`,
        value,
        'holds a carriage return and a line feed',
      );
    return [prefix + name, value];
  });
  return Object.fromEntries(entries);
}

/** Whether a variable has the same value inside a container as outside. */
export const passesIntoContainer = (value: string): boolean => !value.includes('\r\n');

const unsafe = (code: string, what: string, value: string, why: string): DomainError =>
  new DomainError({
    kind: 'invalid',
    code,
    message: `Cannot use ${JSON.stringify(value.slice(0, 200))} as ${what}: ${why}.`,
    action: 'Change the name in the definition or the location, then try again.',
  });
