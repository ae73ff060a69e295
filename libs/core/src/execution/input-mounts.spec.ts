import { inputMounts, mountPointsIn, wouldHideContainer, type LinkedFile } from './input-mounts.js';

const file = (target: string, base: string | null, real = target): LinkedFile => ({ target, real, base });

describe('inputMounts', () => {
  it('is the nearest directory that all inputs of a location have in common', () => {
    expect(inputMounts([file('/data/raw/a/1', '/data'), file('/data/raw/b/2', '/data')], [])).toEqual([
      '/data/raw',
    ]);
    expect(inputMounts([file('/data/raw/ab/1', '/data'), file('/data/raw/a/2', '/data')], [])).toEqual([
      '/data/raw',
    ]);
    expect(inputMounts([file('/data/raw/1', '/data')], [])).toEqual(['/data/raw']);
  });

  it('keeps the locations apart, the outer directory first', () => {
    const files = [file('/data/raw/x/1', '/data/raw'), file('/data/a/1', '/data'), file('/data/2', '/data')];
    expect(inputMounts(files, [])).toEqual(['/data', '/data/raw/x']);
  });

  it('mounts each file system by itself, because a read-only mount leaves what is mounted inside it writable', () => {
    const files = [
      file('/data/a/1', '/data'),
      file('/data/nfs/b/2', '/data'),
      file('/data/nfs/c/3', '/data'),
    ];
    expect(inputMounts(files, ['/', '/data', '/data/nfs'])).toEqual(['/data/a', '/data/nfs']);
  });

  it('tells file systems by the real place of a file', () => {
    const files = [file('/data/a/1', '/data', '/mnt/d/a/1'), file('/data/b/2', '/data', '/mnt/d/b/2')];
    expect(inputMounts(files, ['/', '/mnt/d', '/mnt/d/b'])).toEqual(['/data/a', '/data/b']);
  });

  it('keeps files apart that links lead to in different places', () => {
    const files = [
      file('/mnt/tape/2/1', null),
      file('/mnt/disk/1', null),
      file('/mnt/tape/3/1', null),
      file('/f', null),
    ];
    expect(inputMounts(files, [])).toEqual(['/', '/mnt/disk', '/mnt/tape']);
  });

  it('needs nothing for inputs that were copied', () => {
    expect(inputMounts([], [])).toEqual([]);
  });
});

it('mount points come out as they are called', () => {
  const text =
    '1 2 8:1 / / rw - ext4 /dev/sda rw\n3 1 0:5 / /data/a\\040b\\134c rw shared:1 - nfs host:/x rw\n';
  expect(mountPointsIn(text)).toEqual(['/', '/data/a b\\c']);
});

it.each(['/', '/usr', '/opt', '/workflow', '/tmp'])('%s of a container is its own', (path) => {
  expect(wouldHideContainer(path)).toBe(true);
  expect(wouldHideContainer(`${path}/archive/raw`)).toBe(false);
});
