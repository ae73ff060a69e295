import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHash } from 'node:crypto';
import { digestOfProgramInImage } from '@meridian/core';
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

  describe('with an image', () => {
    const sif = Buffer.concat([Buffer.alloc(32), Buffer.from('SIF_MAGIC'), Buffer.alloc(3_000_000, 7)]);
    const sifDigest = `sha256:${createHash('sha256').update(sif).digest('hex')}`;
    const softwareOf = (folder: string, yaml: string): unknown => {
      writeFileSync(join(folder, 'pipeline.yaml'), `software: [{ name: tool, ${yaml} }]`);
      return readDefinitions(join(folder, 'pipeline.yaml')).software?.[0];
    };

    it('names a file by its absolute path and its digest', () => {
      const folder = newFolder();
      writeFileSync(join(folder, 'tool.sif'), sif);

      expect(softwareOf(folder, 'image: tool.sif')).toEqual({
        name: 'tool',
        image: join(folder, 'tool.sif'),
        image_digest: sifDigest,
      });
    });

    it('leaves the digest of a file that is elsewhere to whoever wrote it', () => {
      const folder = newFolder();

      expect(softwareOf(folder, 'image: /no/such.sif')).toEqual({ name: 'tool', image: '/no/such.sif' });
      expect(softwareOf(folder, 'image: /no/such.sif, image_digest: x')).toMatchObject({ image_digest: 'x' });
    });

    it('leaves a reference alone', () => {
      expect(softwareOf(newFolder(), "image: 'docker://python:3'")).toEqual({
        name: 'tool',
        image: 'docker://python:3',
      });
    });

    it('and a directory, has a digest of both', () => {
      const folder = newFolder();
      writeFileSync(join(folder, 'tool.sif'), sif);
      writeFileSync(join(folder, 'main.mjs'), 'main');
      const program = digestOf([{ path: 'main.mjs', content: Buffer.from('main') }]);
      const yaml = 'directory: ., files: ["*.mjs"]';

      expect(softwareOf(folder, `${yaml}, image: tool.sif`)).toMatchObject({
        host_directory: join(folder, '.'),
        image_digest: sifDigest,
        digest: digestOfProgramInImage(program, sifDigest),
      });
      expect(softwareOf(folder, `${yaml}, image: 'docker://x:1'`)).toMatchObject({
        digest: digestOfProgramInImage(program, 'docker://x:1'),
      });
    });

    it.each(['no image', ''])('refuses a file that is no SIF file: %j', (content) => {
      const folder = newFolder();
      writeFileSync(join(folder, 'tool.sif'), content);

      expect(failureOf(() => softwareOf(folder, 'image: tool.sif')).message).toContain(
        'it is not a SIF file',
      );
    });
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
