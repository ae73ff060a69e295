import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { OutsideBase, SiteAway, type SiteFiles } from '../site-files/site-files.js';

/** What every way to a site's files keeps to when it removes some. */
export function siteRemovalContract(
  world: () => { readonly files: SiteFiles; readonly space: string },
): void {
  describe('removal', () => {
    let files: SiteFiles;
    let base: string;
    let outside: string;
    beforeEach(() => {
      files = world().files;
      base = join(world().space, 'base');
      outside = join(world().space, 'outside');
      for (const directory of [base, outside]) mkdirSync(directory);
      for (const path of ['p/run/output/deep/a.fits', 'p/run/output/b.fits', 'p/other/c.fits'])
        put(join(base, path), path);
      put(join(outside, 'mine.fits'), 'not yours');
      put(join(outside, 'deep/mine.fits'), 'not yours');
    });
    /** Whoever the site's user is may write there. */
    const put = (path: string, text: string): void => {
      const made: string[] = [];
      for (let at = dirname(path); !existsSync(at); at = dirname(at)) made.unshift(at);
      for (const directory of made) {
        mkdirSync(directory);
        chmodSync(directory, 0o777);
      }
      chmodSync(dirname(path), 0o777);
      writeFileSync(path, text);
    };
    const there = (path: string): boolean => existsSync(join(base, path));
    const everythingOutside = (): string[] => readdirSync(outside, { recursive: true }).map(String).sort();
    const UNTOUCHED = ['deep', 'deep/mine.fits', 'mine.fits'];

    it('takes the file that is named and no other, and a second time finds nothing to do', async () => {
      expect(await files.removeFile(base, 'p/run/output/b.fits')).toBe('removed');
      expect(await files.removeFile(base, 'p/run/output/b.fits')).toBe('absent');
      expect(await files.removeFile(base, 'p/never/was/there.fits')).toBe('absent');
      expect([there('p/run/output/b.fits'), there('p/run/output/deep/a.fits')]).toEqual([false, true]);
    });

    it.each(['../outside/mine.fits', 'p/../../outside/mine.fits', '/etc/passwd', '', '.', 'p/run'])(
      'refuses the path %j',
      async (path) => {
        await expect(files.removeFile(base, path)).rejects.toThrow(OutsideBase);
        expect(everythingOutside()).toEqual(UNTOUCHED);
      },
    );

    it('refuses a link on the way, one that was swapped in and one that stays inside as well', async () => {
      renameSync(join(base, 'p/run/output'), join(base, 'p/run/moved'));
      symlinkSync(outside, join(base, 'p/run/output'));
      symlinkSync('moved', join(base, 'p/run/inside'));
      await expect(files.removeFile(base, 'p/run/output/mine.fits')).rejects.toThrow(OutsideBase);
      await expect(files.removeFile(base, 'p/run/output/deep/mine.fits')).rejects.toThrow(OutsideBase);
      await expect(files.removeFile(base, 'p/run/inside/b.fits')).rejects.toThrow(OutsideBase);
      expect(everythingOutside()).toEqual(UNTOUCHED);
      expect(there('p/run/moved/b.fits')).toBe(true);
    });

    it('refuses a link under the name of the file, and leaves it', async () => {
      symlinkSync(join(outside, 'mine.fits'), join(base, 'p/run/output/link.fits'));
      await expect(files.removeFile(base, 'p/run/output/link.fits')).rejects.toThrow(OutsideBase);
      expect(readlinkSync(join(base, 'p/run/output/link.fits'))).toBe(join(outside, 'mine.fits'));
      expect(everythingOutside()).toEqual(UNTOUCHED);
    });

    it('works where the base itself is reached through a link', async () => {
      symlinkSync('base', join(world().space, 'way'));
      expect(await files.removeFile(join(world().space, 'way'), 'p/other/c.fits')).toBe('removed');
      expect(there('p/other/c.fits')).toBe(false);
    });

    it('calls nothing absent where the base is gone or empty: the disk may be away', async () => {
      mkdirSync(join(world().space, 'mount point'));
      await expect(files.removeFile(join(world().space, 'mount point'), 'p/run/a.fits')).rejects.toThrow(
        SiteAway,
      );
      await expect(files.contentsOf(join(world().space, 'mount point'), 'p/run')).rejects.toThrow(SiteAway);
      await expect(files.removeFile(join(world().space, 'nowhere'), 'p/run/a.fits')).rejects.toBeDefined();
    });

    it('takes a directory with all in it, and of links only themselves', async () => {
      symlinkSync(outside, join(base, 'p/run/output/deep/out'));
      symlinkSync(join(outside, 'mine.fits'), join(base, 'p/run/output/file'));
      symlinkSync('nowhere', join(base, 'p/run/output/dangling'));
      expect(await files.contentsOf(base, 'p/run')).toEqual({ files: 5, bytes: 24 + 19 });
      await files.removeTree(base, 'p/run');
      await files.removeTree(base, 'p/run');
      expect([there('p/run'), there('p/other/c.fits')]).toEqual([false, true]);
      expect(everythingOutside()).toEqual(UNTOUCHED);
      expect(readFileSync(join(outside, 'mine.fits'), 'utf8')).toBe('not yours');
    });

    it('neither measures nor removes a directory that is reached through a link; a link in its place goes', async () => {
      symlinkSync(outside, join(base, 'p/way'));
      await expect(files.contentsOf(base, 'p/way')).rejects.toThrow(OutsideBase);
      await expect(files.removeTree(base, 'p/way/deep')).rejects.toThrow(OutsideBase);
      await files.removeTree(base, 'p/way');
      expect([there('p/way'), everythingOutside()]).toEqual([false, UNTOUCHED]);
    });

    it('removes directories that were emptied, up to the first below the base', async () => {
      await files.removeFile(base, 'p/run/output/deep/a.fits');
      await files.removeEmptyDirectories(base, 'p/run/output/deep');
      expect([there('p/run/output/deep'), there('p/run/output/b.fits')]).toEqual([false, true]);
      await files.removeFile(base, 'p/run/output/b.fits');
      await files.removeEmptyDirectories(base, 'p/run/output/deep');
      expect([there('p/run'), there('p/other')]).toEqual([false, true]);
      await files.removeFile(base, 'p/other/c.fits');
      await files.removeEmptyDirectories(base, 'p/other');
      expect(readdirSync(base)).toEqual(['p']);
    });

    it('says nothing lies where no directory is', async () => {
      expect(await files.contentsOf(base, 'p/nowhere')).toEqual({ files: 0, bytes: 0 });
    });
  });
}
