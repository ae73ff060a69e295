/**
 * Runs both steps on some files without Meridian, by doing what it would do:
 * a directory and a manifest for every run, the environment of the container
 * contract, and the next step fed with what the one before it registered.
 * `node by-hand.mjs OUTPUT_DIR FILE... [--extract-config JSON] [--mosaic-config JSON]`
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';

const PROGRAMS = fileURLToPath(new URL('.', import.meta.url));

/**
 * Runs one program as one attempt.
 * @param {{step: string, directory: string, inputs: object[], config?: object, cpus?: number}} run
 * @returns {{code: number | null, stdout: string, stderr: string, output: string}}
 */
export function runProgram({ step, directory, inputs, config = {}, cpus = 1 }) {
  const output = join(directory, 'output');
  const manifestPath = join(directory, 'manifest.json');
  mkdirSync(output, { recursive: true });
  const manifest = {
    contract_version: 1,
    run: { id: '1', attempt: 1, dims: {} },
    pipeline: 'imaging',
    step,
    config,
    inputs,
    outputs: {},
  };
  writeFileSync(manifestPath, JSON.stringify(manifest, null, 2));
  const environment = {
    ...process.env,
    WORKFLOW_MANIFEST: manifestPath,
    WORKFLOW_OUTPUT_DIR: output,
    WORKFLOW_CPUS: String(cpus),
  };
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(PROGRAMS, `${step}.mjs`)], {
    env: environment,
    encoding: 'utf8',
  });
  return { code: status, stdout, stderr, output };
}

/**
 * A manifest entry for a file.
 * @param {string} path
 * @param {{id: number, role: 'member' | 'upstream', product_type: string | null}} rest
 */
export function inputOf(path, rest) {
  return {
    ...rest,
    name: basename(path),
    path: resolve(path),
    size_bytes: statSync(path).size,
    sha256: createHash('sha256').update(readFileSync(path)).digest('hex'),
    dims: {},
  };
}

/**
 * @param {string} directory
 * @param {string[]} files raw exposures
 * @param {{extract?: object, mosaic?: object, cpus?: number}} [options]
 * @returns {{code: number | null, stdout: string, stderr: string, output: string}} of the first run that failed, or of the mosaic
 */
export function runBothSteps(directory, files, { extract = {}, mosaic = {}, cpus = 1 } = {}) {
  const upstream = [];
  for (const [i, file] of files.entries()) {
    const run = runProgram({
      step: 'extract',
      directory: join(directory, `extract-${i + 1}`),
      inputs: [inputOf(file, { id: i + 1, role: 'member', product_type: null })],
      config: extract,
    });
    if (run.code !== 0) return run;
    for (const name of ['image.fits', 'sources.csv'])
      upstream.push(
        inputOf(join(run.output, name), {
          id: 1000 + upstream.length,
          role: 'upstream',
          product_type: 'INTERMEDIATE',
        }),
      );
  }
  return runProgram({
    step: 'mosaic',
    directory: join(directory, 'mosaic'),
    inputs: upstream,
    config: mosaic,
    cpus,
  });
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { 'extract-config': { type: 'string' }, 'mosaic-config': { type: 'string' } },
  });
  const [directory, ...files] = positionals;
  if (!directory || files.length === 0) {
    console.error(
      'usage: node by-hand.mjs OUTPUT_DIR FILE... [--extract-config JSON] [--mosaic-config JSON]',
    );
    process.exitCode = 2;
  } else {
    const run = runBothSteps(directory, files, {
      extract: JSON.parse(values['extract-config'] ?? '{}'),
      mosaic: JSON.parse(values['mosaic-config'] ?? '{}'),
    });
    process.stderr.write(run.stderr);
    if (run.code === 0)
      console.log(`${run.output}\n${readFileSync(join(run.output, 'metrics.json'), 'utf8')}`);
    process.exitCode = run.code ?? 1;
  }
}
