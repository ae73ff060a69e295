import type { JsonObject } from '@meridian/core';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigReader } from '../config-reader.js';
import { readRestSettings, type TokenPlace } from './rest-settings.js';
import { TokenSource } from './token-source.js';
import { failureOf, TOKEN, tokenOf } from './testing/client-bench.js';

const GOOD = { url: 'https://slurm.example.org/rest/', user: 'astro', token: { file: '/etc/jwt' } };
const read = (backendConfig: JsonObject): unknown =>
  readRestSettings(ConfigReader.of({ name: 'site', backendConfig }));

describe('the settings of slurm-rest', () => {
  it('are few, the rest has a default', () => {
    expect(read(GOOD)).toEqual({
      url: 'https://slurm.example.org/rest',
      user: 'astro',
      token: { kind: 'file', path: '/etc/jwt' },
      tokenLifespanSeconds: null,
      apiVersion: null,
      timeoutSeconds: 60,
      maxArraySize: 1001,
      messageTimeoutSeconds: 100,
    });
  });

  it.each<[JsonObject, string]>([
    [{ ...GOOD, url: 'slurm.example.org' }, '"url" is not an http or https URL'],
    [{ ...GOOD, url: 'http://me:secret@host' }, '"url" has a user, a password'],
    [{ url: GOOD.url, token: GOOD.token }, '"user" is missing'],
    [{ url: GOOD.url, user: 'astro' }, '"token" is missing'],
    [{ ...GOOD, token: {} }, '"token.file" or "env" or "command" must be set'],
    [
      { ...GOOD, token: { file: '/a', env: 'B' } },
      '"token.file" or "env" or "command" must be set, and only one',
    ],
    [{ ...GOOD, token: { file: 'a' } }, '"token.file" is not an absolute path'],
    [{ ...GOOD, token: { file: '/a', life: 1 } }, '"token.life" is none of'],
    [{ ...GOOD, api_version: 'v0.0.37' }, '"api_version" is none of v0.0.38'],
  ])('%j are refused', (config, words) => {
    expect(() => read(config)).toThrow(words);
    expect(() => read(config)).not.toThrow('secret');
  });
});

describe('a token', () => {
  let folder: string;
  let now = new Date('2026-01-01T00:00:00Z');
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'token-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  const source = (place: TokenPlace, lifespanSeconds: number | null = null): TokenSource =>
    new TokenSource({
      place,
      lifespanSeconds,
      readEnvironment: (name) => (name === 'PATH' ? '/usr/bin:/bin' : undefined),
      now: () => now,
      ticks: () => now.getTime(),
    });
  const expiring = (seconds: number): string => tokenOf({ exp: now.getTime() / 1000 + seconds });

  it('is read once while it lasts, and again from its file when it was refused', async () => {
    const path = join(folder, 'jwt');
    const tokens = source({ kind: 'file', path });
    const [one, other] = [expiring(3600), expiring(7200)];
    await writeFile(path, `${one}\n`);
    expect(await tokens.get()).toBe(one);
    await writeFile(path, other);
    expect(await tokens.get()).toBe(one);
    tokens.reject(one);
    expect(await tokens.get()).toBe(other);
  });

  it('is asked for anew before it expires, and one that has expired not at every request', async () => {
    const path = join(folder, 'short');
    const tokens = source({ kind: 'file', path });
    const one = expiring(600);
    await writeFile(path, one);
    expect(await tokens.get()).toBe(one);
    now = new Date(now.getTime() + 530_000);
    const other = expiring(5);
    await writeFile(path, other);
    expect(await tokens.get()).toBe(one);
    now = new Date(now.getTime() + 15_000);
    expect(await tokens.get()).toBe(other);
    await writeFile(path, expiring(900));
    now = new Date(now.getTime() + 1000);
    expect(await tokens.get()).toBe(other);
    now = new Date(now.getTime() + 10_000);
    expect(await tokens.get()).not.toBe(other);
  });

  it('that does not say when it expires lasts as long as configured', async () => {
    const path = join(folder, 'opaque');
    const tokens = source({ kind: 'file', path }, 100);
    await writeFile(path, 'opaque-1');
    expect(await tokens.get()).toBe('opaque-1');
    await writeFile(path, 'opaque-2');
    now = new Date(now.getTime() + 80_000);
    expect(await tokens.get()).toBe('opaque-2');
  });

  it('is the last line of what a command prints, without the name that scontrol gives it', async () => {
    const argv = ['/bin/sh', '-c', `echo hello; echo SLURM_JWT=${TOKEN}`];
    expect(await source({ kind: 'command', argv }).get()).toBe(TOKEN);
  });

  it.each<[TokenPlace, string]>([
    [
      { kind: 'file', path: '/no/such/file' },
      'There is no Slurm token: the file /no/such/file cannot be read (ENOENT).',
    ],
    [{ kind: 'env', variable: 'JWT' }, 'There is no Slurm token: the variable JWT is not set.'],
    [
      { kind: 'command', argv: ['/no/such'] },
      'There is no Slurm token: the command /no/such ended with ENOENT.',
    ],
    [
      { kind: 'command', argv: ['/bin/sh', '-c', `echo "not ${TOKEN}" >&2; exit 3`] },
      'There is no Slurm token: the command /bin/sh ended with 3: not (token).',
    ],
    [{ kind: 'command', argv: ['/bin/echo'] }, 'There is no Slurm token: the command holds no token.'],
  ])('that cannot be had from %j is told in one sentence', async (place, message) => {
    expect(await failureOf(source(place).get())).toMatchObject({ code: 'slurm.token_unavailable', message });
  });

  it('says when it expired or whose it is, and never itself', () => {
    const tokens = source({ kind: 'env', variable: 'JWT' });
    expect(tokens.explain(tokenOf({ exp: 1 }))).toBe('it expired at 1970-01-01T00:00:01.000Z');
    expect(tokens.explain(tokenOf({ exp: 4e9, sun: 'eve' }))).toBe('it was made for the user eve');
    for (const odd of ['', 'x', 'a.b.c', tokenOf({ exp: -1e300 }), tokenOf([])])
      expect(tokens.explain(odd)).toBe('it says nothing about itself');
  });
});
