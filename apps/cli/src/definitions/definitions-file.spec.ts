import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CliError } from '../cli-error.js';
import { mergeDefinitions, parseDefinitions, readDefinitions } from './definitions-file.js';
import { digestOf } from './digest.js';

const failureOf = (act: () => unknown): CliError => {
  try {
    act();
  } catch (error) {
    if (error instanceof CliError) return error;
  }
  throw new Error('it did not fail with a CliError');
};

const folders: string[] = [];

const newFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'meridian-definitions-'));
  folders.push(folder);
  return folder;
};

afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true })));

describe('a definitions file', () => {
  it('says where its syntax is wrong', () => {
    const error = failureOf(() => parseDefinitions('software:\n  - name: "a\n', 'demo.yaml'));

    expect(error.exitCode).toBe(2);
    expect(error.problems[0]?.path).toMatch(/^demo\.yaml:\d+:\d+$/);
  });

  it('must be an object', () => {
    expect(failureOf(() => parseDefinitions('- a', 'x.yaml')).message).toBe(
      'x.yaml does not hold definitions.',
    );
  });

  it('may hold only the known sections', () => {
    expect(failureOf(() => parseDefinitions('pipeline: []', 'x.yaml')).message).toBe(
      'x.yaml holds unknown sections: pipeline.',
    );
  });

  it('names a key that is written twice', () => {
    expect(failureOf(() => parseDefinitions('software: []\nsoftware: []\n', 'x.yaml')).problems).toEqual([
      { code: 'definitions.syntax', path: 'x.yaml:2:1', message: 'Map keys must be unique' },
    ]);
  });

  it('turns the directory of a program into its absolute place and its digest', () => {
    const folder = newFolder();
    mkdirSync(join(folder, 'program', 'lib'), { recursive: true });
    writeFileSync(join(folder, 'program', 'main.mjs'), 'main');
    writeFileSync(join(folder, 'program', 'lib', 'part.mjs'), 'part');
    writeFileSync(join(folder, 'program', 'notes.txt'), 'not part of it');
    const path = join(folder, 'pipeline.yaml');
    writeFileSync(path, 'software:\n  - name: tool\n    directory: program\n    files: ["**/*.mjs"]\n');

    expect(readDefinitions(path)).toEqual({
      software: [
        {
          name: 'tool',
          host_directory: join(folder, 'program'),
          digest: digestOf([
            { path: 'main.mjs', content: Buffer.from('main') },
            { path: 'lib/part.mjs', content: Buffer.from('part') },
          ]),
        },
      ],
    });
  });

  it('refuses a program without files', () => {
    const folder = newFolder();
    const path = join(folder, 'pipeline.yaml');
    writeFileSync(path, 'software: [{name: tool, directory: ., files: ["*.sif"]}]');

    expect(failureOf(() => readDefinitions(path)).message).toBe(
      `${path}: software "tool": no file in ${join(folder, '.')} matches *.sif.`,
    );
  });

  it('adds to the files before it', () => {
    expect(
      mergeDefinitions([
        { software: [{ name: 'a' }] },
        { software: [{ name: 'b' }], groupings: [{ name: 'g' }] },
      ]),
    ).toEqual({
      software: [{ name: 'a' }, { name: 'b' }],
      groupings: [{ name: 'g' }],
    });
  });
});
