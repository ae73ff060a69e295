import { DomainError, type Problem } from '../shared/domain-error.js';

/** One setting of a process, read from its environment. docs/configuration.md and .env.example are generated from these. */
export interface Setting<Value> {
  readonly variable: string;
  readonly description: string;
  /** Absent: the process does not start without it. */
  readonly fallback?: Value;
  /** True for what must never be logged. */
  readonly secret?: boolean;
  readonly example: string;
  /** The value, or undefined when the text is not one. */
  readonly parse: (text: string) => Value | undefined;
  readonly expects: string;
}

export type SettingValues<Table> = {
  readonly [Key in keyof Table]: Table[Key] extends Setting<infer Value> ? Value : never;
};

type Details<Value> = Pick<Setting<Value>, 'description'> &
  Partial<Pick<Setting<Value>, 'fallback' | 'secret' | 'example'>>;

export const textSetting = (variable: string, details: Details<string>): Setting<string> => ({
  variable,
  example: String(details.fallback ?? ''),
  expects: 'a text',
  parse: (text) => text,
  ...details,
});

export const integerSetting = (
  variable: string,
  range: { min: number; max: number },
  details: Details<number>,
): Setting<number> => ({
  variable,
  example: String(details.fallback ?? range.min),
  expects: `a whole number from ${range.min} to ${range.max}`,
  parse: (text) => {
    const value = Number(text);
    return text.trim() !== '' && Number.isInteger(value) && value >= range.min && value <= range.max
      ? value
      : undefined;
  },
  ...details,
});

export const choiceSetting = <Choice extends string>(
  variable: string,
  choices: readonly Choice[],
  details: Details<Choice>,
): Setting<Choice> => ({
  variable,
  example: details.fallback ?? choices[0] ?? '',
  expects: `one of ${choices.join(', ')}`,
  parse: (text) => choices.find((choice) => choice === text),
  ...details,
});

/**
 * The values of all settings, from `environment`; an empty variable counts as absent.
 *
 * @throws DomainError `configuration.invalid` that names every variable that is missing or wrong, never its value.
 */
export function readSettings<Table extends Readonly<Record<string, Setting<unknown>>>>(
  table: Table,
  environment: Readonly<Record<string, string | undefined>>,
): SettingValues<Table> {
  const problems: Problem[] = [];
  const values = Object.entries(table).map(([key, setting]) => {
    const text = environment[setting.variable];
    const value = text === undefined || text === '' ? setting.fallback : setting.parse(text);
    if (value === undefined) {
      problems.push({
        code: 'configuration.invalid',
        path: setting.variable,
        message: `${setting.variable} must be ${setting.expects}: ${setting.description}`,
      });
    }
    return [key, value] as const;
  });
  if (problems.length > 0) {
    throw new DomainError({
      kind: 'invalid',
      code: 'configuration.invalid',
      message: problems.map((problem) => problem.message).join('\n'),
      action: 'Set the named environment variables (docs/configuration.md explains each) and start again.',
      problems,
    });
  }
  return Object.fromEntries(values) as SettingValues<Table>;
}
