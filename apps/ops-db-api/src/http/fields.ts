import { applyDecorators } from '@nestjs/common';
import { ApiProperty, type ApiPropertyOptions } from '@nestjs/swagger';
import { Transform, Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsNumber,
  IsObject,
  IsOptional,
  IsString,
  IsUUID,
  Length,
  Matches,
  Max,
  Min,
  ValidateNested,
} from 'class-validator';

/**
 * One decorator per field of a request: it checks the value and describes it in the OpenAPI document, so that the two
 * cannot differ. The sentence above the field is for the reader of the code; `description` is for the reader of the API.
 */
interface FieldOptions {
  readonly optional?: boolean;
  readonly description?: string;
  readonly default?: unknown;
  readonly example?: unknown;
}
type Constructor = new () => object;

// PostgreSQL's text cannot hold NUL: without this check the caller would get an error from deep inside.
const NO_NUL = /^[^\0]*$/;
const ISO_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:?\d\d)$/;

const field = (
  options: FieldOptions,
  schema: ApiPropertyOptions,
  ...checks: PropertyDecorator[]
): PropertyDecorator => {
  const shown = {
    ...schema,
    required: options.optional !== true,
    ...(options.description === undefined ? {} : { description: options.description }),
    ...(options.default === undefined ? {} : { default: options.default }),
    ...(options.example === undefined ? {} : { example: options.example }),
  } as ApiPropertyOptions;
  return applyDecorators(ApiProperty(shown), ...(options.optional === true ? [IsOptional()] : []), ...checks);
};

export interface TextOptions extends FieldOptions {
  readonly min?: number;
  readonly max?: number;
  readonly pattern?: RegExp;
}

/** Text of `min` (1) to `max` (1024) characters. */
export const Text = ({ min = 1, max = 1024, pattern, ...options }: TextOptions = {}): PropertyDecorator =>
  field(
    options,
    {
      type: String,
      minLength: min,
      maxLength: max,
      ...(pattern === undefined ? {} : { pattern: pattern.source }),
    },
    IsString(),
    Length(min, max),
    Matches(NO_NUL, { message: '$property must not contain NUL characters' }),
    ...(pattern === undefined ? [] : [Matches(pattern)]),
  );

// What people call things: any letters and signs of any script, but nothing invisible and no space at the ends.
const NAME = /^[^\s\p{C}](?:[^\p{C}]*[^\s\p{C}])?$/u;

/** The name of a thing, unique among its kind. */
export const Name = (options: FieldOptions & { readonly max?: number } = {}): PropertyDecorator =>
  field(
    options,
    { type: String, minLength: 1, maxLength: options.max ?? 200 },
    IsString(),
    Length(1, options.max ?? 200),
    Matches(NAME, { message: '$property must not begin or end with a space or hold invisible characters' }),
  );

export const OneOf = (values: readonly string[], options: FieldOptions = {}): PropertyDecorator =>
  field(options, { type: String, enum: [...values] }, IsIn([...values]));

export const Uuid = (options: FieldOptions = {}): PropertyDecorator =>
  field(options, { type: String, format: 'uuid' }, IsUUID());

/** An ISO 8601 time with its zone; it stays text, PostgreSQL reads it. */
export const Time = (options: FieldOptions = {}): PropertyDecorator =>
  field(
    options,
    { type: String, format: 'date-time' },
    IsString(),
    Matches(ISO_TIME, {
      message: '$property must be an ISO 8601 time with its zone, such as 2026-05-01T12:00:00Z',
    }),
  );

export interface NumberOptions extends FieldOptions {
  readonly min?: number;
  readonly max?: number;
  /** Query parameters arrive as text. */
  readonly inQuery?: boolean;
}

const bounds = ({ min, max }: NumberOptions): PropertyDecorator[] => [
  ...(min === undefined ? [] : [Min(min)]),
  ...(max === undefined ? [] : [Max(max)]),
];
const limits = ({ min, max }: NumberOptions): ApiPropertyOptions => ({
  ...(min === undefined ? {} : { minimum: min }),
  ...(max === undefined ? {} : { maximum: max }),
});
const fromQuery = ({ inQuery }: NumberOptions): PropertyDecorator[] =>
  inQuery === true ? [Type(() => Number)] : [];

export const WholeNumber = (options: NumberOptions = {}): PropertyDecorator =>
  field(options, { type: 'integer', ...limits(options) }, ...fromQuery(options), IsInt(), ...bounds(options));

export const FiniteNumber = (options: NumberOptions = {}): PropertyDecorator =>
  field(
    options,
    { type: Number, ...limits(options) },
    ...fromQuery(options),
    IsNumber({ allowNaN: false, allowInfinity: false }),
    ...bounds(options),
  );

/** true or false; in a query also the words `true` and `false`. */
export const YesNo = (options: FieldOptions & { readonly inQuery?: boolean } = {}): PropertyDecorator =>
  field(
    options,
    { type: Boolean },
    ...(options.inQuery === true
      ? [
          Transform(({ value }: { value: unknown }) =>
            value === 'true' ? true : value === 'false' ? false : value,
          ),
        ]
      : []),
    IsBoolean(),
  );

/** Any JSON object. */
export const JsonMap = (options: FieldOptions = {}): PropertyDecorator =>
  field(options, { type: 'object', additionalProperties: true }, IsObject());

export interface ListOptions extends FieldOptions {
  readonly minItems?: number;
  readonly maxItems?: number;
}

const sizes = ({ minItems = 0, maxItems = 10_000 }: ListOptions): PropertyDecorator[] => [
  IsArray(),
  ArrayMinSize(minItems),
  ArrayMaxSize(maxItems),
];

/** A list of any JSON values. */
export const JsonList = (options: ListOptions = {}): PropertyDecorator =>
  field(options, { type: 'array', items: { type: 'object', additionalProperties: true } }, ...sizes(options));

export const Texts = (options: ListOptions & { readonly maxLength?: number } = {}): PropertyDecorator =>
  field(
    options,
    { type: [String] },
    ...sizes(options),
    IsString({ each: true }),
    Length(0, options.maxLength ?? 1024, { each: true }),
    Matches(NO_NUL, { each: true, message: '$property must not contain NUL characters' }),
  );

/** A list of ids. */
export const WholeNumbers = (options: ListOptions & { readonly min?: number } = {}): PropertyDecorator =>
  field(
    options,
    { type: 'array', items: { type: 'integer' } },
    ...sizes(options),
    IsInt({ each: true }),
    Min(options.min ?? 1, { each: true }),
  );

/** A nested object of class `type`, checked in full. */
export const Nested = (type: () => Constructor, options: FieldOptions = {}): PropertyDecorator =>
  field(options, { type }, IsObject(), ValidateNested(), Type(type));

/** A list of nested objects of class `type`, each checked in full. */
export const NestedList = (type: () => Constructor, options: ListOptions = {}): PropertyDecorator =>
  field(options, { type, isArray: true }, ...sizes(options), ValidateNested({ each: true }), Type(type));

/** A list of objects of class `type` that its own parser checks, because there may be very many. */
export const Rows = (type: () => Constructor, options: ListOptions = {}): PropertyDecorator =>
  field(options, { type, isArray: true }, ...sizes(options));
