import { isContractFile } from './classify-outputs.js';
import { compileGlob } from './glob.js';
import type { StepOutputs } from './step-outputs.js';

/** One sentence per promise of the step that its outputs do not keep; none when all are kept. */
export function brokenPromises(options: {
  readonly promised: Pick<StepOutputs, 'required' | 'metrics'>;
  readonly files: readonly { readonly path: string; readonly sizeBytes: number }[];
  readonly metricNames: ReadonlySet<string>;
  /** Files that the tool itself announced in products.json. */
  readonly announced: Iterable<string>;
}): string[] {
  const files = options.files.filter((file) => !isContractFile(file.path));
  const paths = new Set(files.map((file) => file.path));
  const missingOutputs = options.promised.required.flatMap(({ pattern, minBytes }) => {
    const matches = compileGlob(pattern);
    const matching = files.filter((file) => matches(file.path));
    if (matching.length === 0) return [`no output matches the promised ${pattern}`];
    const tooSmall = matching.filter((file) => file.sizeBytes < minBytes);
    return tooSmall.map(
      (file) =>
        `${file.path} is promised by ${pattern} and has ${file.sizeBytes} of at least ${minBytes} bytes`,
    );
  });
  const missingMetrics = options.promised.metrics
    .filter((name) => !options.metricNames.has(name))
    .map((name) => `the promised metric ${name} was not measured`);
  const missingFiles = [...options.announced]
    .filter((path) => !paths.has(path))
    .map((path) => `products.json names ${path}, which does not exist`);
  return [...missingOutputs, ...missingMetrics, ...missingFiles];
}

/** Whether a path is one of those that the step promises to be FITS. */
export function promisedFits({ required }: Pick<StepOutputs, 'required'>): (path: string) => boolean {
  const patterns = required
    .filter(({ isFits }) => isFits === true)
    .map(({ pattern }) => compileGlob(pattern));
  return (path) => patterns.some((matches) => matches(path));
}
