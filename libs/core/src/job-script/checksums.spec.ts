import { createHash, randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { newAttempt, PATH, recordOf, removeAttempts, run } from './testing/job-attempt.js';

afterAll(removeAttempts);

const MEBIBYTE = 1 << 20;
const sha256 = (content: Buffer): string => createHash('sha256').update(content).digest('hex');

/** An attempt whose outputs are these; its own directory has a hostile name already. */
function attemptWith(files: Readonly<Record<string, Buffer>>): string {
  const directory = newAttempt(['true']);
  mkdirSync(`${directory}/output`);
  for (const [name, content] of Object.entries(files)) writeFileSync(`${directory}/output/${name}`, content);
  return directory;
}

const sumsOf = (directory: string): Record<string, string> =>
  Object.fromEntries(recordOf(directory).files.map(({ path, sha256: sum }) => [path, sum]));

/** A PATH whose first openssl is this script, which notes in `called` that it was asked. */
function withOpenssl(directory: string, script: string): string {
  mkdirSync(`${directory}/bin`);
  writeFileSync(
    `${directory}/bin/openssl`,
    `#!/bin/sh\necho "$@" >>'${directory.replaceAll("'", `'\\''`)}/called'\n${script}\n`,
  );
  chmodSync(`${directory}/bin/openssl`, 0o755);
  return `${directory}/bin:${PATH}`;
}

const LARGE = {
  'a.fits': randomBytes(3 * MEBIBYTE),
  'b c.fits': randomBytes(3 * MEBIBYTE),
  empty: Buffer.alloc(0),
};
const SUMS = Object.fromEntries(Object.entries(LARGE).map(([name, content]) => [name, sha256(content)]));

describe('the checksums of outputs', () => {
  it('are right of large files and small ones, and of names of two lines', async () => {
    const odd = { ...LARGE, 'two\nlines.fits': randomBytes(5 * MEBIBYTE) };
    for (const files of [LARGE, odd, { 'small.txt': Buffer.from('small') }]) {
      const directory = attemptWith(files);
      expect(await run(directory)).toBe(0);
      expect(sumsOf(directory)).toEqual(
        Object.fromEntries(Object.entries(files).map(([name, content]) => [name, sha256(content)])),
      );
    }
  });

  it('are made by openssl where there is much to read', async () => {
    const directory = attemptWith(LARGE);
    const path = withOpenssl(directory, 'exec /usr/bin/openssl "$@"');
    expect(await run(directory, { environment: { PATH: path } })).toBe(0);
    expect(sumsOf(directory)).toEqual(SUMS);
    expect(readFileSync(`${directory}/called`, 'utf8')).toMatch(/^dgst -sha256 -r /);

    const small = attemptWith({ 'small.txt': Buffer.from('small') });
    const unused = withOpenssl(small, 'exit 1');
    expect(await run(small, { environment: { PATH: unused } })).toBe(0);
    expect(() => readFileSync(`${small}/called`)).toThrow(/ENOENT/);
  });

  it.each([
    ['fails', 'exit 1'],
    ['says nothing', 'exit 0'],
    ['says something else', 'echo "SHA2-256(a)= abc"'],
    ['is another program', 'echo "$@"'],
  ])('are right where openssl %s', async (_, script) => {
    const directory = attemptWith(LARGE);
    expect(await run(directory, { environment: { PATH: withOpenssl(directory, script) } })).toBe(0);
    expect(sumsOf(directory)).toEqual(SUMS);
  });
});
