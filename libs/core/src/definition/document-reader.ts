import { DomainError, type Problem } from '../shared/domain-error.js';
import { isJsonObject, type Json, type JsonObject } from '../shared/json.js';
import { jsonPointer } from './json-pointer.js';
import { suggestion } from './nearest-name.js';

/** Names that become folders, URLs and job names: the same pattern as the database's CHECKs. */
export const SLUG_PATTERN = /^[a-z0-9][a-z0-9_.-]{0,62}$/;

interface IntegerRange {
  readonly min: number;
  readonly max?: number;
}

const LARGEST_INTEGER = 2_147_483_647;

/**
 * One object of a document, read key by key. Whatever is wrong goes into `problems` and a harmless value comes back,
 * so that one reading finds everything that is wrong with a file.
 */
export class DocumentReader {
  constructor(
    private readonly object: JsonObject,
    readonly path: string,
    readonly problems: Problem[],
  ) {}

  /** A reader of `value`, which must be an object with no other keys than `keys`. */
  static of(
    value: Json | undefined,
    path: string,
    keys: readonly string[],
    problems: Problem[],
  ): DocumentReader {
    if (!isJsonObject(value)) {
      if (value !== undefined) problems.push({ code: 'definition.type', path, message: 'must be an object' });
      return new DocumentReader({}, path, problems);
    }
    for (const key of Object.keys(value).filter((name) => !keys.includes(name))) {
      const message = `unknown key "${key}"${suggestion(key, keys)}`;
      problems.push({ code: 'definition.unknown_key', path: path + jsonPointer(key), message });
    }
    return new DocumentReader(value, path, problems);
  }

  report(code: string, key: string | readonly (string | number)[], message: string): void {
    const keys = typeof key === 'string' ? [key] : key;
    this.problems.push({ code, path: this.path + jsonPointer(...keys), message });
  }

  /** The value as it stands; null and absent are the same. */
  raw(key: string): Json | undefined {
    return Object.hasOwn(this.object, key) ? (this.object[key] ?? undefined) : undefined;
  }

  has(key: string): boolean {
    return this.raw(key) !== undefined;
  }

  child(key: string, keys: readonly string[]): DocumentReader {
    return DocumentReader.of(this.raw(key), this.path + jsonPointer(key), keys, this.problems);
  }

  requiredText(key: string, what: { pattern?: RegExp; describe?: string } = {}): string {
    if (!this.has(key)) this.report('definition.required', key, `"${key}" is required`);
    const text = this.optionalText(key, what);
    if (text === '') this.report('definition.value', key, `"${key}" must not be empty`);
    return text ?? '';
  }

  optionalText(key: string, what: { pattern?: RegExp; describe?: string } = {}): string | null {
    const value = this.raw(key);
    if (value === undefined) return null;
    if (typeof value !== 'string') return this.wrong(key, 'a text', null);
    if (what.pattern?.test(value) === false) {
      this.report(
        'definition.value',
        key,
        `"${value}" is not ${what.describe ?? `of the form ${what.pattern.source}`}`,
      );
    }
    return value;
  }

  slug(key: string): string {
    return this.requiredText(key, {
      pattern: SLUG_PATTERN,
      describe: 'a name of a-z, 0-9, "_", "." and "-" (63 at most)',
    });
  }

  choice<Choice extends string>(key: string, choices: readonly Choice[], otherwise: Choice | null): Choice {
    const value = this.raw(key);
    const found = choices.find((choice) => choice === value);
    if (found !== undefined) return found;
    const isMissing = value === undefined;
    if (isMissing && otherwise !== null) return otherwise;
    const hint = typeof value === 'string' ? suggestion(value, choices) : '';
    const message = `"${key}" must be one of ${choices.join(', ')}${hint}`;
    this.report(isMissing ? 'definition.required' : 'definition.value', key, message);
    return choices[0] as Choice;
  }

  integer<Otherwise extends number | null>(
    key: string,
    otherwise: Otherwise,
    range: IntegerRange,
  ): number | Otherwise {
    const value = this.raw(key);
    if (value === undefined) return otherwise;
    const max = range.max ?? LARGEST_INTEGER;
    if (typeof value === 'number' && Number.isInteger(value) && value >= range.min && value <= max)
      return value;
    return this.wrong(key, `a whole number from ${range.min} to ${max}`, otherwise);
  }

  boolean<Otherwise extends boolean | null>(key: string, otherwise: Otherwise): boolean | Otherwise {
    const value = this.raw(key);
    if (value === undefined) return otherwise;
    return typeof value === 'boolean' ? value : this.wrong(key, 'true or false', otherwise);
  }

  /** Any object; what is in it is checked elsewhere. */
  anyObject(key: string): JsonObject {
    const value = this.raw(key);
    if (value === undefined) return {};
    return isJsonObject(value) ? value : this.wrong(key, 'an object', {});
  }

  list(key: string): readonly Json[] {
    const value = this.raw(key);
    if (value === undefined) return [];
    return Array.isArray(value) ? (value as readonly Json[]) : this.wrong(key, 'a list', []);
  }

  textList(key: string): string[] {
    return this.list(key).flatMap((value, index) => {
      if (typeof value === 'string' && value !== '') return [value];
      this.report('definition.type', [key, index], 'must be a text that is not empty');
      return [];
    });
  }

  /** Objects of a list, each read by `read`. */
  objects<Result>(key: string, keys: readonly string[], read: (reader: DocumentReader) => Result): Result[] {
    return this.list(key).map((value, index) =>
      read(DocumentReader.of(value, this.path + jsonPointer(key, index), keys, this.problems)),
    );
  }

  /** What `parse` makes of a value; the problems of its DomainError are kept, under this document's path. */
  parsed<Result>(key: string, otherwise: Result, parse: (value: Json) => Result): Result {
    const value = this.raw(key);
    if (value === undefined) return otherwise;
    try {
      return parse(value);
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      const path = this.path + jsonPointer(key);
      const inner =
        error.problems.length > 0 ? error.problems : [{ code: error.code, path: '', message: error.message }];
      this.problems.push(...inner.map((problem) => ({ ...problem, path: path + problem.path })));
      return otherwise;
    }
  }

  private wrong<Otherwise>(key: string, expected: string, otherwise: Otherwise): Otherwise {
    this.report('definition.type', key, `"${key}" must be ${expected}`);
    return otherwise;
  }
}
