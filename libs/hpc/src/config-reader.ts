import { DomainError, isJsonObject, type Json, type JsonObject } from '@meridian/core';

/** The part of a location that an error about its settings names. */
export interface ConfiguredLocation {
  readonly name: string;
  readonly backendConfig: JsonObject;
}

/**
 * Reads a location's `backend_config`, or an object inside it. Every method throws `backend.config_invalid` that names the location and
 * the setting; `end` throws for settings that nobody asked for, which are typing mistakes.
 */
export class ConfigReader {
  private readonly read = new Set<string>();

  constructor(
    private readonly location: string,
    private readonly settings: JsonObject,
    /** Where this object is inside backend_config: empty, or `token.`. */
    private readonly prefix = '',
  ) {}

  static of({ name, backendConfig }: ConfiguredLocation): ConfigReader {
    return new ConfigReader(name, backendConfig);
  }

  has(key: string): boolean {
    return this.settings[key] !== undefined;
  }

  text(key: string): string {
    return this.optionalText(key) ?? this.refuse(key, 'is missing');
  }

  optionalText(key: string): string | null {
    const value = this.take(key);
    if (value === undefined) return null;
    return typeof value === 'string' && value !== '' ? value : this.refuse(key, 'is not a text');
  }

  /** A file's absolute path. */
  optionalPath(key: string): string | null {
    const path = this.optionalText(key);
    return path === null || path.startsWith('/') ? path : this.refuse(key, 'is not an absolute path');
  }

  whole(key: string, fallback: number, least = 1): number {
    const value = this.take(key);
    if (value === undefined) return fallback;
    const isGood = typeof value === 'number' && Number.isInteger(value) && value >= least;
    return isGood ? value : this.refuse(key, `is not a whole number of at least ${least}`);
  }

  flag(key: string, fallback: boolean): boolean {
    const value = this.take(key);
    if (value === undefined) return fallback;
    return typeof value === 'boolean' ? value : this.refuse(key, 'is neither true nor false');
  }

  texts(key: string): string[] | null {
    const value = this.take(key);
    if (value === undefined) return null;
    const isGood =
      Array.isArray(value) && value.length > 0 && value.every((entry) => typeof entry === 'string');
    return isGood ? value : this.refuse(key, 'is not a list of texts');
  }

  /** Name → text. */
  textMap(key: string): Record<string, string> {
    const value = this.take(key) ?? {};
    if (!isJsonObject(value) || Object.values(value).some((entry) => typeof entry !== 'string'))
      return this.refuse(key, 'is not an object of texts');
    return value as Record<string, string>;
  }

  object(key: string): ConfigReader | null {
    const value = this.take(key);
    if (value === undefined) return null;
    if (!isJsonObject(value)) return this.refuse(key, 'is not an object');
    return new ConfigReader(this.location, value, `${this.prefix}${key}.`);
  }

  /** Call last. */
  end(): void {
    const unknown = Object.keys(this.settings).find((key) => !this.read.has(key));
    if (unknown !== undefined) this.refuse(unknown, `is none of ${[...this.read].sort().join(', ')}`);
  }

  refuse(key: string, why: string): never {
    throw new DomainError({
      kind: 'invalid',
      code: 'backend.config_invalid',
      message: `The backend_config of the location ${this.location} cannot be used: "${this.prefix}${key}" ${why}.`,
      action: 'Correct backend_config in the definitions file and apply it again.',
    });
  }

  private take(key: string): Json | undefined {
    this.read.add(key);
    return this.settings[key];
  }
}
