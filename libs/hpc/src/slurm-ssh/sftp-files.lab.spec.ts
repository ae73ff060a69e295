import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { labFacts } from '../testing/lab.js';
import { SftpError } from './ask-sftp.js';
import { SftpFiles } from './sftp-files.js';
import { SshConnection } from './ssh-connection.js';
import { PrivateSshd } from './testing/private-sshd.js';

let sshd: PrivateSshd;
let connection: SshConnection;
let files: SftpFiles;
let at: (name: string) => string;

beforeAll(async () => {
  sshd = await PrivateSshd.start(labFacts().user);
  connection = new SshConnection({ settings: sshd.settings() });
  files = new SftpFiles(connection);
  at = (name) => sshd.path(`open/${name}`);
});
afterAll(async () => {
  await connection.close();
  await sshd.remove();
});

describe('files over SFTP', () => {
  it('are written whole and read back, big and empty ones', async () => {
    for (const content of [Buffer.alloc(0), Buffer.from('ümlaut\n'), randomBytes(3_000_000)]) {
      await files.write(at('file'), content);
      expect(readFileSync(at('file')).equals(content)).toBe(true);
      expect((await files.read(at('file'), 4_000_000))?.equals(content)).toBe(true);
    }
    expect(readdirSync(sshd.path('open'))).toEqual(['file']);
  });

  it('replace what was there, and nothing is left of an attempt that failed', async () => {
    await files.write(at('replaced'), Buffer.from('old and long'));
    await files.write(at('replaced'), Buffer.from('new'));
    expect(readFileSync(at('replaced'), 'utf8')).toBe('new');
    await expect(files.write('/nowhere/file', Buffer.from('x'))).rejects.toThrow(SftpError);
    await files.makeDirectory(at('taken'));
    await expect(files.write(at('taken'), Buffer.from('x'))).rejects.toThrow(SftpError);
    expect(readdirSync(sshd.path('open')).filter((name) => name.endsWith('.partial'))).toEqual([]);
  });

  it('have a kind and a size; what is not there has neither', async () => {
    writeFileSync(at('sized'), 'four');
    symlinkSync('nowhere', at('dangling'));
    expect(await files.stat(at('sized'))).toMatchObject({ kind: 'file', size: 4 });
    expect(await files.stat(sshd.path('open'))).toMatchObject({ kind: 'directory' });
    expect(await files.lstat(at('dangling'))).toMatchObject({ kind: 'symlink' });
    expect(await files.stat(at('absent'))).toBeNull();
    expect(await files.read(at('absent'), 4_000_000)).toBeNull();
    expect(await files.list(at('absent'))).toBeNull();
  });

  it('live in directories that are made with their parents, by several at once', async () => {
    await Promise.all([1, 2, 3].map(() => files.makeDirectory(at('a/b c/d'))));
    await files.write(at('a/b c/d/file'), Buffer.from('x'));
    expect(await files.list(at('a/b c/d'))).toEqual(['file']);
    expect(await files.list(at('a'))).toEqual(['b c']);
  });

  it('can be links, and be removed, which a second time is no error', async () => {
    writeFileSync(at('target'), 'content');
    await files.symlink(at('target'), at('link'));
    expect((await files.read(at('link'), 4_000_000))?.toString()).toBe('content');
    await files.remove(at('link'));
    await files.remove(at('link'));
    expect(await files.stat(at('link'))).toBeNull();
    expect(readFileSync(at('target'), 'utf8')).toBe('content');
  });

  it('that may not be touched are an error with a reason', async () => {
    await expect(files.read('/etc/shadow', 4_000_000)).rejects.toMatchObject({ status: 3 });
    await expect(files.makeDirectory('/etc/meridian/deep')).rejects.toThrow(/Permission denied/);
  });
});
