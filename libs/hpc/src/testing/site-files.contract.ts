import { createHash, randomBytes } from 'node:crypto';
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { FileTooLong, SourceChanged, SourceUnreadable, type SiteFiles } from '../site-files/site-files.js';
import { siteRemovalContract } from './site-removal.contract.js';

export interface SiteFilesFixture {
  readonly files: SiteFiles;
  /** A directory where the site's user may write, and this test look. */
  readonly directory: string;
  close(): Promise<void>;
}

const sha256 = (content: Buffer): string => createHash('sha256').update(content).digest('hex');

/** What every way to a site's files keeps to. */
export function siteFilesContract(name: string, open: () => Promise<SiteFilesFixture>): void {
  describe(`the files of a site, ${name}`, () => {
    let fixture: SiteFilesFixture;
    let files: SiteFiles;
    let space: string;
    let spaces = 0;
    beforeAll(async () => {
      fixture = await open();
      files = fixture.files;
    });
    afterAll(() => fixture.close());
    beforeEach(() => {
      spaces += 1;
      space = join(fixture.directory, `it's space ${spaces}`);
      mkdirSync(space);
      chmodSync(space, 0o777);
    });
    const at = (path: string): string => join(space, path);
    const anUpload = (content: Buffer, target: string) => {
      const source = at(`source of ${basename(target)}`);
      writeFileSync(source, content);
      return { source, target, sizeBytes: content.length, sha256: sha256(content) };
    };
    const leftovers = (): string[] => readdirSync(space).filter((one) => one.endsWith('.partial'));

    it('makes directories with their parents, which a second time is no error', async () => {
      const paths = [at('a/b c'), at('a/d')];
      await Promise.all([files.makeDirectories(paths), files.makeDirectories(paths)]);
      await files.makeDirectories(paths);
      expect(readdirSync(at('a'))).toEqual(['b c', 'd']);
    });

    it('writes a text as a whole with its mode, in place of what is there', async () => {
      await files.writeAtomically(at('script'), 'old and long', 0o644);
      await files.writeAtomically(at('script'), 'ümlaut\n', 0o755);
      expect(readFileSync(at('script'), 'utf8')).toBe('ümlaut\n');
      expect(statSync(at('script')).mode & 0o700).toBe(0o700);
      await files.writeAtomically(at('empty'), '', 0o644);
      expect(readFileSync(at('empty'), 'utf8')).toBe('');
    });

    it('leaves nothing of a write that failed, and says what is missing', async () => {
      mkdirSync(at('taken'));
      await expect(files.writeAtomically(at('taken'), 'x', 0o644)).rejects.toBeDefined();
      await expect(files.writeAtomically(at('no/where'), 'x', 0o644)).rejects.toMatchObject({
        code: 'ENOENT',
      });
      expect(leftovers()).toEqual([]);
    });

    it('links, once and again, in place of another link or file', async () => {
      await files.link('/one', at('link'));
      await files.link('/one', at('link'));
      expect(readlinkSync(at('link'))).toBe('/one');
      await files.link('/another', at('link'));
      expect(readlinkSync(at('link'))).toBe('/another');
      await files.writeAtomically(at('file'), 'x', 0o644);
      await files.link('/one', at('file'));
      expect(readlinkSync(at('file'))).toBe('/one');
      expect(leftovers()).toEqual([]);
    });

    it('cannot link where there is no directory', async () => {
      await expect(files.link('/one', at('no/where'))).rejects.toMatchObject({ code: 'ENOENT' });
    });

    it('brings a file with all of its bytes', async () => {
      for (const size of [0, 1, 30_000, 5_000_001]) {
        const upload = anUpload(randomBytes(size), at(`${size} bytes`));
        await files.upload(upload);
        expect(sha256(readFileSync(upload.target))).toBe(upload.sha256);
      }
      expect(leftovers()).toEqual([]);
    });

    it('does not bring again what is there', async () => {
      const upload = anUpload(randomBytes(100), at('once'));
      await files.upload(upload);
      const before = lstatSync(upload.target);
      await files.upload(upload);
      expect(lstatSync(upload.target)).toMatchObject({ ino: before.ino, mtimeMs: before.mtimeMs });
    });

    it('brings the same file for several who ask at once', async () => {
      const upload = anUpload(randomBytes(500_000), at('shared'));
      await Promise.all([1, 2, 3].map(() => files.upload(upload)));
      expect(sha256(readFileSync(upload.target))).toBe(upload.sha256);
      expect(leftovers()).toEqual([]);
    });

    it('does not give its name to a file that is not the registered one', async () => {
      const upload = anUpload(Buffer.from('other bytes'), at('changed'));
      await expect(files.upload({ ...upload, sha256: sha256(Buffer.from('bytes')) })).rejects.toThrow(
        SourceChanged,
      );
      expect(readdirSync(space)).toEqual(['source of changed']);
    });

    it('says that a source cannot be read, and why', async () => {
      const upload = anUpload(Buffer.from('x'), at('gone'));
      rmSync(upload.source);
      const failure: unknown = await files.upload(upload).catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(SourceUnreadable);
      expect((failure as Error).cause).toMatchObject({ code: 'ENOENT' });
    });

    it('knows what is there, through a link and without', async () => {
      writeFileSync(at('file'), 'four');
      const date = new Date('2026-01-02T03:04:05Z');
      utimesSync(at('file'), date, date);
      symlinkSync('file', at('link'));
      symlinkSync('nowhere', at('dangling'));
      expect(await files.stat(at('file'))).toMatchObject({ kind: 'file', size: 4, modifiedAt: date });
      expect(await files.stat(at('link'))).toMatchObject({ kind: 'file', size: 4 });
      expect(await files.lstat(at('link'))).toMatchObject({ kind: 'symlink' });
      expect(await files.stat(space)).toMatchObject({ kind: 'directory' });
      expect(await files.stat(at('dangling'))).toBeNull();
      expect(await files.lstat(at('absent'))).toBeNull();
      expect(await files.stat(at('file/below'))).toBeNull();
    });

    it('has another version of a file whose bytes are others', async () => {
      writeFileSync(at('file'), 'one');
      const first = await files.stat(at('file'));
      expect((await files.stat(at('file')))?.version).toBe(first?.version);
      writeFileSync(at('file'), 'longer');
      expect((await files.stat(at('file')))?.version).not.toBe(first?.version);
    });

    it('finds the way without links', async () => {
      mkdirSync(at('real'));
      writeFileSync(at('real/file'), '');
      symlinkSync('real', at('way'));
      expect(await files.realPath(at('way/file'))).toBe(join(await files.realPath(space), 'real/file'));
    });

    it('reads a whole text, none, one of unknown length, and not too much', async () => {
      const text = 'ü'.repeat(100_000);
      writeFileSync(at('text'), text);
      expect(await files.read(at('text'), 200_000)).toBe(text);
      await expect(files.read(at('text'), 199_999)).rejects.toThrow(FileTooLong);
      expect(await files.read(at('absent'), 10)).toBeNull();
      expect(await files.read(at('text/below'), 10)).toBeNull();
      writeFileSync(at('empty'), '');
      expect(await files.read(at('empty'), 10)).toBe('');
      expect(await files.read('/proc/self/mountinfo', 1_000_000)).toContain(' / ');
    });

    it('reads nothing through a link, to which a job could make its record', async () => {
      writeFileSync(at('secret'), 'secret');
      symlinkSync('secret', at('record'));
      await expect(files.read(at('record'), 100)).rejects.toBeDefined();
      await expect(files.readEnd(at('record'), 100)).rejects.toBeDefined();
    });

    it('reads any part of a file, and nothing behind its end or through a link', async () => {
      const content = Buffer.from(Array.from({ length: 300_000 }, (_, index) => index % 251));
      writeFileSync(at('long'), content);
      symlinkSync('long', at('link'));
      const parts = await Promise.all(
        [0, 1, 131_072, 299_999].map((offset) => files.readPart(at('long'), offset, 100_000)),
      );
      expect(parts.map((part) => part.length)).toEqual([100_000, 100_000, 100_000, 1]);
      expect(parts[2]?.equals(content.subarray(131_072, 231_072))).toBe(true);
      expect(await files.readPart(at('long'), 300_000, 10)).toHaveLength(0);
      await expect(files.readPart(at('link'), 0, 10)).rejects.toBeDefined();
    });

    it('reads beginnings and ends', async () => {
      writeFileSync(at('text'), 'beginning and end');
      expect((await files.readStart(at('text'), 9)).toString()).toBe('beginning');
      expect((await files.readStart(at('text'), 900)).toString()).toBe('beginning and end');
      expect(await files.readEnd(at('text'), 3)).toBe('end');
      expect(await files.readEnd(at('text'), 300)).toBe('beginning and end');
      await expect(files.readEnd(at('absent'), 3)).rejects.toMatchObject({ code: 'ENOENT' });
    });

    it('hashes many at once, with odd names too', async () => {
      const names = [
        'plain',
        'back\\slash',
        'new\nline',
        "it's",
        '-dash',
        ...Array.from({ length: 150 }, String),
      ];
      const contents = names.map((one) => Buffer.from(`content of ${one}`));
      names.forEach((one, index) => writeFileSync(at(one), contents[index] ?? ''));
      expect(await Promise.all(names.map((one) => files.hash(at(one))))).toEqual(contents.map(sha256));
    });

    it('tells one missing file from the others that are hashed with it', async () => {
      writeFileSync(at('here'), 'x');
      const hashes = await Promise.allSettled([files.hash(at('absent')), files.hash(at('here'))]);
      expect(hashes).toEqual([
        expect.objectContaining({ status: 'rejected' }),
        { status: 'fulfilled', value: sha256(Buffer.from('x')) },
      ]);
    });

    siteRemovalContract(() => ({ files, space }));
  });
}
