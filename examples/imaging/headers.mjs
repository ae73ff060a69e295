/**
 * Prints, for each FITS file, one line of JSON with what its header says about
 * the observation: `node headers.mjs FILE...`. A file that cannot be read gets
 * a line with `error`, and the exit code is 65.
 */
import { pathToFileURL } from 'node:url';
import { readFitsHeader } from './lib/fits-image.mjs';
import { observationOf } from './lib/observation.mjs';

export { readFitsHeader, observationOf };

/**
 * @param {string[]} files
 * @param {(line: string) => void} print
 * @returns {Promise<number>} exit code
 */
export async function printHeaders(files, print) {
  let failures = 0;
  for (const file of files) {
    try {
      print(JSON.stringify({ file, ...observationOf(await readFitsHeader(file)) }));
    } catch (error) {
      failures++;
      print(JSON.stringify({ file, error: error.message }));
    }
  }
  return failures > 0 ? 65 : 0;
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const files = process.argv.slice(2);
  if (files.length === 0) {
    console.error('usage: node headers.mjs FILE...');
    process.exitCode = 2;
  } else process.exitCode = await printHeaders(files, (line) => console.log(line));
}
