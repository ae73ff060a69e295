import { DomainError, type Problem } from '../shared/domain-error.js';
import { isJsonObject } from '../shared/json.js';
import { MAX_PATTERN_LENGTH } from './glob.js';
import { isProductType, PRODUCT_TYPES, type ProductType } from './product-type.js';

/** A pattern that at least one output file must match, with at least so many bytes. */
export interface RequiredOutput {
  readonly pattern: string;
  readonly minBytes: number;
  /** Every file that matches must be FITS that can be read to its end. */
  readonly isFits?: true;
}

export interface OutputRule {
  readonly pattern: string;
  readonly type: ProductType;
}

/** What a step promises, and how it names the types of its files. */
export interface StepOutputs {
  readonly required: readonly RequiredOutput[];
  /** Metrics that every run must measure. */
  readonly metrics: readonly string[];
  /** First match wins. */
  readonly rules: readonly OutputRule[];
}

/**
 * A step's `outputs` document: `{required: [{pattern, min_bytes = 1, fits = false}], metrics: [name], rules: [{pattern, type}]}`, every member optional.
 *
 * @throws DomainError `outputs.invalid` with every problem at once.
 */
export function parseStepOutputs(json: unknown): StepOutputs {
  const problems: Problem[] = [];
  const document = json ?? {};
  if (!isJsonObject(document)) problems.push(problem('', 'outputs is an object'));
  const object = isJsonObject(document) ? document : {};
  for (const key of Object.keys(object)) {
    if (!['required', 'metrics', 'rules'].includes(key))
      problems.push(problem(`/${key}`, `${key} is unknown here; known are required, metrics, rules`));
  }
  const outputs = {
    required: readList(object, 'required', problems, readRequired),
    metrics: readList(object, 'metrics', problems, readMetricName),
    rules: readList(object, 'rules', problems, readRule),
  };
  if (problems.length === 0) return outputs;
  throw new DomainError({
    kind: 'invalid',
    code: 'outputs.invalid',
    message: `the outputs of the step are not valid: ${problems.map(({ message }) => message).join('; ')}`,
    action: 'correct the outputs of the step',
    problems,
  });
}

type Reader<Entry> = (value: unknown, path: string, problems: Problem[]) => Entry | undefined;

function readList<Entry>(object: object, key: string, problems: Problem[], read: Reader<Entry>): Entry[] {
  const list: unknown = (object as Record<string, unknown>)[key] ?? [];
  if (!Array.isArray(list)) {
    problems.push(problem(`/${key}`, `${key} is a list`));
    return [];
  }
  return list.flatMap((value: unknown, index) => read(value, `/${key}/${index}`, problems) ?? []);
}

const readRequired: Reader<RequiredOutput> = (value, path, problems) => {
  const pattern = readPattern(value, path, problems);
  const minBytes = isJsonObject(value) ? (value['min_bytes'] ?? 1) : 1;
  if (typeof minBytes !== 'number' || !Number.isInteger(minBytes) || minBytes < 0) {
    problems.push(problem(`${path}/min_bytes`, 'min_bytes is a whole number that is not negative'));
    return undefined;
  }
  const isFits = isJsonObject(value) ? (value['fits'] ?? false) : false;
  if (typeof isFits !== 'boolean') {
    problems.push(problem(`${path}/fits`, 'fits is true or false'));
    return undefined;
  }
  return pattern === undefined ? undefined : { pattern, minBytes, ...(isFits ? { isFits } : {}) };
};

const readMetricName: Reader<string> = (value, path, problems) => {
  if (typeof value === 'string' && value !== '') return value;
  problems.push(problem(path, 'a promised metric is a name'));
  return undefined;
};

const readRule: Reader<OutputRule> = (value, path, problems) => {
  const pattern = readPattern(value, path, problems);
  const type = isJsonObject(value) ? value['type'] : undefined;
  if (!isProductType(type)) {
    problems.push(problem(`${path}/type`, `type is one of ${PRODUCT_TYPES.join(', ')}`));
    return undefined;
  }
  return pattern === undefined ? undefined : { pattern, type };
};

function readPattern(value: unknown, path: string, problems: Problem[]): string | undefined {
  const pattern = isJsonObject(value) ? value['pattern'] : undefined;
  const isGood =
    typeof pattern === 'string' &&
    pattern !== '' &&
    pattern.length <= MAX_PATTERN_LENGTH &&
    !pattern.startsWith('/');
  if (isGood) return pattern;
  problems.push(problem(`${path}/pattern`, 'pattern is a glob for paths relative to the output directory'));
  return undefined;
}

const problem = (path: string, message: string): Problem => ({ code: 'outputs.invalid', path, message });
