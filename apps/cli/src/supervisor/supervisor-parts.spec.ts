import { mkdtempSync, writeFileSync, existsSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { homeAt } from './home.js';
import { releaseLock, takeLock } from './home-lock.js';
import { restartDelayMs } from './kept-process.js';
import { readableLogLine } from './log-line.js';
import { stopLeftOverServer } from './postgres-cluster.js';
import { identify, isSameProcess } from './process-identity.js';

const folders: string[] = [];

const newFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'meridian-supervisor-'));
  folders.push(folder);
  return folder;
};

afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true })));

const newHome = (): ReturnType<typeof homeAt> => homeAt(newFolder());

describe('a restart', () => {
  it('is immediate the first time and never waits longer than 15 s', () => {
    expect([0, 1, 2, 6, 7, 100].map(restartDelayMs)).toEqual([0, 500, 1000, 15_000, 15_000, 15_000]);
  });
});

describe('a process', () => {
  it('is itself', () => {
    expect(identify(process.pid)).toMatchObject({ pid: process.pid });
    expect(isSameProcess(identify(process.pid) ?? { pid: 0, started: null })).toBe(true);
  });

  it('is not the one that had its number before', () => {
    expect(isSameProcess({ pid: process.pid, started: 'long ago' })).toBe(false);
  });

  it('does not exist below 1', () => {
    expect([0, -1, 1.5, Number.NaN].map(identify)).toEqual([null, null, null, null]);
  });
});

describe('the lock of a home', () => {
  it('is held by one process until that releases it', () => {
    const home = newHome();

    expect(takeLock(home)).toEqual({ kind: 'taken' });
    expect(takeLock(home)).toEqual({ kind: 'held', by: identify(process.pid) });
    releaseLock(home);
    expect(takeLock(home)).toEqual({ kind: 'taken' });
  });

  it.each([
    ['of a process that is gone', '{"pid":2147483646,"started":"1"}'],
    [
      'of a process whose number another one has by now',
      JSON.stringify({ pid: process.pid, started: 'long ago' }),
    ],
    ['that was cut short', '{"pid":'],
  ])('%s is broken', (_what, content) => {
    const home = newHome();
    writeFileSync(home.lock, content);

    expect(takeLock(home)).toEqual({ kind: 'taken' });
    expect(JSON.parse(readFileSync(home.lock, 'utf8'))).toEqual(identify(process.pid));
  });

  it('stays when somebody else releases it', () => {
    const home = newHome();
    writeFileSync(home.lock, '{"pid":1,"started":"1"}');

    releaseLock(home);

    expect(existsSync(home.lock)).toBe(true);
  });
});

describe('a left-over postmaster.pid', () => {
  it('that names another program is removed, and the program is left alone', async () => {
    const data = newFolder();
    writeFileSync(join(data, 'postmaster.pid'), `${process.pid}\n${data}\n`);

    expect(await stopLeftOverServer(data)).toBe(false);
    expect(existsSync(join(data, 'postmaster.pid'))).toBe(false);
  });
});

describe('a log line', () => {
  it.each([
    ['{"level":30,"time":0,"msg":"listening"}', '00:00:00 listening'],
    [
      '{"level":50,"time":0,"msg":"pass failed","err":{"message":"connection lost"}}',
      '00:00:00 ERROR pass failed (connection lost)',
    ],
    [
      '{"level":30,"time":0,"method":"GET","path":"/api/v1/runs","status":200,"ms":3.4}',
      '00:00:00 GET /api/v1/runs 200 3 ms',
    ],
    ['plain text', 'plain text'],
    ['{broken', '{broken'],
  ])('%s reads %s', (line, text) => {
    expect(readableLogLine(line)).toBe(text);
  });
});
