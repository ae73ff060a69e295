/**
 * The container contract, version 1, from a program's side: what a step is
 * asked to do, where its results go, and how it says how it went.
 */
import {
  appendFileSync,
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname, isAbsolute, join, normalize, sep } from 'node:path';
import { BadInputError } from './bad-input-error.mjs';

export const EXIT_CODES = Object.freeze({ done: 0, softwareFailure: 1, badInput: 65, tryLater: 75 });

/** No room is not the software's fault, and passes. */
const FULL_DISK = new Set(['ENOSPC', 'EDQUOT']);

/**
 * @typedef {{id: number, name: string, path: string, size_bytes: number, sha256: string, dims: Record<string, unknown>,
 *   role: 'member' | 'upstream', product_type: string | null}} Input
 * @typedef {'SCIENCE' | 'QA_METRIC' | 'PLOT' | 'STATISTICS' | 'LOG' | 'INTERMEDIATE'} ProductType
 * @typedef {Record<string, {value: number, unit: string}>} Metrics
 */

/**
 * Runs a step and ends the process with the exit code the contract gives to its outcome.
 * @template Config
 * @param {Config} defaults every parameter the step knows, with its default
 * @param {(step: Step<Config>) => Promise<void>} work
 */
export async function runStep(defaults, work) {
  try {
    const step = openStep(process.env, defaults);
    await work(step);
    step.finish();
  } catch (error) {
    process.exitCode = reportFailure(error);
  }
}

/** @returns {number} the exit code */
function reportFailure(error) {
  if (error instanceof BadInputError) {
    console.error(error.message);
    return EXIT_CODES.badInput;
  }
  if (FULL_DISK.has(error?.code)) {
    console.error(
      `no room to write ${error.path ?? 'the output'} (${error.code}): free some space, then run this step again; nothing partial was kept under a final name`,
    );
    return EXIT_CODES.tryLater;
  }
  // An operating system error names its file; a stack trace would only hide it.
  const explained = error instanceof ConfigurationError || error?.syscall !== undefined;
  console.error(explained ? error.message : (error?.stack ?? String(error)));
  return EXIT_CODES.softwareFailure;
}

/** The step was set up wrongly; the message says what to change. */
export class ConfigurationError extends Error {}

function openStep(environment, defaults) {
  const { WORKFLOW_MANIFEST: manifestPath, WORKFLOW_OUTPUT_DIR: outputDirectory } = environment;
  if (!manifestPath || !outputDirectory) {
    throw new ConfigurationError(
      'WORKFLOW_MANIFEST and WORKFLOW_OUTPUT_DIR must be set; README.md shows how to run this program by hand',
    );
  }
  const manifest = JSON.parse(readFileSync(manifestPath, 'utf8'));
  if (manifest.contract_version !== 1)
    throw new ConfigurationError(
      `${manifestPath}: contract version ${manifest.contract_version} is not 1, the only one this program knows`,
    );
  const unknown = Object.keys(manifest.config ?? {}).filter((name) => !(name in defaults));
  if (unknown.length > 0)
    throw new ConfigurationError(
      `unknown parameters ${unknown.join(', ')}; known are ${Object.keys(defaults).join(', ')}`,
    );
  return new Step({
    manifest,
    config: { ...defaults, ...manifest.config },
    outputDirectory,
    cpus: Math.max(1, Number(environment.WORKFLOW_CPUS) || 1),
  });
}

/**
 * One run of one step.
 * @template Config
 */
export class Step {
  /** @param {{manifest: any, config: Config, outputDirectory: string, cpus: number}} parts */
  constructor({ manifest, config, outputDirectory, cpus }) {
    this.config = config;
    this.outputDirectory = outputDirectory;
    this.cpus = cpus;
    /** @type {Input[]} */
    this.inputs = manifest.inputs ?? [];
    this.products = [];
    /** @type {Metrics} */
    this.metrics = {};
    this.warnings = [];
    mkdirSync(outputDirectory, { recursive: true });
  }

  /**
   * Writes a product: all of it, or nothing under its name.
   * @param {string} path relative to the output directory
   * @param {Uint8Array | string} content
   * @param {{type: ProductType, description: string, metrics?: Metrics}} product
   */
  write(path, content, { type, description, metrics }) {
    if (isAbsolute(path) || normalize(path).split(sep)[0] === '..')
      throw new RangeError(`${path} is outside the output directory`);
    writeWhole(join(this.outputDirectory, path), content);
    this.products.push({ path, type, description, ...(metrics ? { metrics } : {}) });
  }

  /**
   * Fills a result table that the software declares: rows of one input, none where it was looked at and nothing was found.
   * @param {string} table
   * @param {Input} input
   * @param {Record<string, unknown>[]} rows what is not a finite number is left out, as unknown
   */
  fill(table, input, rows) {
    const line = (row) => `${JSON.stringify({ item: input.id, ...row })}\n`;
    writeWhole(join(this.outputDirectory, `results/${table}.ndjson`), rows.map(line).join(''));
    const outcome = rows.some(({ flags }) => flags?.length > 0) ? 'ok_flagged' : 'ok';
    writeWhole(join(this.outputDirectory, 'results/outcomes.ndjson'), line({ outcome }));
  }

  /**
   * Records one number about this run; what is not a finite number is left out, as unknown.
   * @param {string} name
   * @param {number} value
   * @param {string} unit empty for counts and ratios
   */
  metric(name, value, unit = '') {
    if (Number.isFinite(value)) this.metrics[name] = { value: Number(value.toPrecision(9)), unit };
  }

  /**
   * Says that the result is good but something deserves a look.
   * @param {string} code stable, for programs
   * @param {string} message for people
   */
  warn(code, message) {
    this.warnings.push({ code, message });
    console.error(`warning ${code}: ${message}`);
  }

  /** Tells how far the work has come. */
  progress(done, total, message) {
    appendFileSync(
      join(this.outputDirectory, 'progress.ndjson'),
      `${JSON.stringify({ done, total, message })}\n`,
    );
    console.log(`[${done}/${total}] ${message}`);
  }

  /** Writes the records; `products.json` last, so that its presence means all is there. */
  finish() {
    const write = (name, value) =>
      writeWhole(join(this.outputDirectory, name), `${JSON.stringify(value, null, 2)}\n`);
    write('metrics.json', this.metrics);
    if (this.warnings.length > 0) write('warnings.json', { warnings: this.warnings });
    write('products.json', { products: this.products });
  }
}

/**
 * A file that is complete under its name or absent: written under a temporary
 * name, flushed to the disk, renamed.
 * @param {string} path
 * @param {Uint8Array | string} content
 */
export function writeWhole(path, content) {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
  const temporary = `${path}.part`;
  mkdirSync(dirname(path), { recursive: true });
  try {
    const file = openSync(temporary, 'w');
    try {
      for (let at = 0; at < bytes.length;) at += writeSync(file, bytes, at);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw Object.assign(error, { path: error.path ?? path });
  }
}
