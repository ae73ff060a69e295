import { createHash, randomBytes } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { SiteAway } from '../site-files/site-files.js';
import { labFacts } from '../testing/lab.js';
import { siteFilesContract } from '../testing/site-files.contract.js';
import { RemoteFiles } from './remote-files.js';
import { SshConnection } from './ssh-connection.js';
import { PrivateSshd, until } from './testing/private-sshd.js';
import { TcpProxy } from './testing/tcp-proxy.js';

siteFilesContract('over SFTP', async () => {
  const sshd = await PrivateSshd.start(labFacts().user);
  const connection = new SshConnection({ settings: sshd.settings() });
  return {
    files: new RemoteFiles(connection),
    directory: sshd.path('open'),
    close: async () => {
      await connection.close();
      await sshd.remove();
    },
  };
});

describe('files over SFTP, when things go wrong', () => {
  let sshd: PrivateSshd;
  let proxy: TcpProxy;
  let connection: SshConnection;
  let files: RemoteFiles;
  beforeAll(async () => {
    sshd = await PrivateSshd.start(labFacts().user);
  });
  afterAll(() => sshd.remove());
  beforeEach(async () => {
    proxy = await TcpProxy.to(sshd.port);
    connection = new SshConnection({ settings: sshd.settings({ port: proxy.port }) });
    files = new RemoteFiles(connection);
  });
  afterEach(async () => {
    await connection.close();
    await proxy.close();
  });
  let directories = 0;
  const aDirectory = (): string => {
    directories += 1;
    const path = sshd.path(`open/wrong-${directories}`);
    mkdirSync(path);
    chmodSync(path, 0o777);
    return path;
  };
  const anUpload = (directory: string, bytes: number) => {
    const content = randomBytes(bytes);
    const source = sshd.path(`source-${directories}`);
    writeFileSync(source, content);
    const sha256 = createHash('sha256').update(content).digest('hex');
    return { source, target: `${directory}/target`, sizeBytes: bytes, sha256 };
  };
  const partialIn = (directory: string): string | undefined =>
    readdirSync(directory).find((name) => name.endsWith('.partial'));
  const hashOf = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex');

  /** An upload that a cut connection ended after some of its bytes; returns what arrived. */
  async function cutOff(directory: string, upload: ReturnType<typeof anUpload>): Promise<string> {
    const failure = files.upload(upload).catch((error: unknown) => error);
    const arrived = (): number => {
      const name = partialIn(directory);
      return name === undefined ? 0 : statSync(`${directory}/${name}`).size;
    };
    await until(() => arrived() > 100_000);
    proxy.cut();
    expect(await failure).toBeInstanceOf(SiteAway);
    expect(arrived()).toBeLessThan(upload.sizeBytes);
    return `${directory}/${partialIn(directory)}`;
  }

  it('an upload that was cut off goes on where it ended', async () => {
    const directory = aDirectory();
    const upload = anUpload(directory, 15_000_000);
    const partial = await cutOff(directory, upload);
    const { ino } = statSync(partial);
    // The other end may still be writing what it had received.
    const arrived = readFileSync(partial);
    expect(readFileSync(upload.source).subarray(0, arrived.length).equals(arrived)).toBe(true);
    await until(() =>
      files.upload(upload).then(
        () => true,
        () => false,
      ),
    );
    expect(statSync(upload.target).ino).toBe(ino);
    expect(hashOf(upload.target)).toBe(upload.sha256);
    expect(readdirSync(directory)).toEqual(['target']);
  });

  it('what was left damaged, or too long, is sent anew', async () => {
    const directory = aDirectory();
    const upload = anUpload(directory, 15_000_000);
    const partial = await cutOff(directory, upload);
    writeFileSync(partial, randomBytes(1000), { flag: 'r+' });
    await until(() =>
      files.upload(upload).then(
        () => true,
        () => false,
      ),
    );
    expect(hashOf(upload.target)).toBe(upload.sha256);
    const second = anUpload(aDirectory(), 15_000_000);
    const longer = await cutOff(sshd.path(`open/wrong-${directories}`), second);
    truncateSync(longer, 20_000_000);
    await until(() =>
      files.upload(second).then(
        () => true,
        () => false,
      ),
    );
    expect(hashOf(second.target)).toBe(second.sha256);
  });

  it('whoever waits for an answer when the connection is lost is told that the site is away, and later goes on', async () => {
    const directory = aDirectory();
    await files.writeAtomically(`${directory}/file`, 'text', 0o644);
    proxy.hold();
    const asked = [
      files.stat(directory),
      files.read(`${directory}/file`, 10),
      files.writeAtomically(`${directory}/new`, 'x', 0o644),
    ].map((one) => one.catch((error: unknown) => error));
    proxy.cut();
    for (const answer of await Promise.all(asked)) expect(answer).toBeInstanceOf(SiteAway);
    proxy.release();
    await until(() => files.stat(directory).then(Boolean, () => false));
    expect(await files.read(`${directory}/file`, 10)).toBe('text');
  });

  it('hashing that a lost connection ended says nothing about the file', async () => {
    const directory = aDirectory();
    execFileSync('mkfifo', ['-m', '666', `${directory}/endless`]);
    const answer = files.hash(`${directory}/endless`).catch((error: unknown) => error);
    await until(() => sha256sumsOf(directory) === 1);
    proxy.cut();
    expect(await answer).toBeInstanceOf(SiteAway);
    writeFileSync(`${directory}/endless`, 'the end');
  });

  const sha256sumsOf = (directory: string): number =>
    execFileSync('ps', ['-eo', 'args'])
      .toString()
      .split('\n')
      .filter((line) => line === `sha256sum -- ${directory}/endless`).length;

  it('nobody takes more than one channel, and it is given back', async () => {
    const directory = aDirectory();
    const narrow = new SshConnection({ settings: sshd.settings({ channels: 2 }) });
    const some = new RemoteFiles(narrow);
    try {
      await Promise.all(
        Array.from({ length: 50 }, (_, n) => some.writeAtomically(`${directory}/${n}`, String(n), 0o644)),
      );
      await Promise.all([narrow.run('exit 0\n'), some.stat(directory), narrow.run('exit 0\n')]);
      expect(readdirSync(directory)).toHaveLength(50);
    } finally {
      await narrow.close();
    }
  });

  describe('on a disk that is full', () => {
    let disk: string;
    beforeAll(() => {
      disk = sshd.path('open/disk');
      mkdirSync(disk);
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m,mode=777', 'tmpfs', disk]);
    });
    afterAll(() => void execFileSync('umount', [disk]));

    it('what is sent or written fails as it does on a mounted one, and goes on when there is room again', async () => {
      const upload = { ...anUpload(disk, 3_000_000) };
      await expect(files.upload(upload)).rejects.toMatchObject({ code: 'ENOSPC' });
      await expect(files.writeAtomically(`${disk}/text`, 'x'.repeat(10_000), 0o644)).rejects.toMatchObject({
        code: 'ENOSPC',
      });
      await expect(files.makeDirectories([`${disk}/a`])).resolves.toBeUndefined();
      execFileSync('mount', ['-o', 'remount,size=8m', disk]);
      await files.upload(upload);
      expect(hashOf(upload.target)).toBe(upload.sha256);
      expect(partialIn(disk)).toBeUndefined();
    });
  });

  it('what may not be touched is an error with a reason', async () => {
    await expect(files.read('/etc/shadow', 100_000)).rejects.toMatchObject({ code: 'EACCES' });
    await expect(files.makeDirectories(['/etc/meridian/deep'])).rejects.toMatchObject({ code: 'EACCES' });
  });
});
