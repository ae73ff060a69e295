import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LAB_SITES } from '@meridian/hpc/testing';
import { Lab } from './lab-cluster.js';
import { MeridianHome } from './meridian-home.js';

interface Summary {
  readonly runs: { readonly completed: number; readonly failed: number };
  readonly products: readonly {
    readonly path: string;
    readonly sha256: string;
  }[];
}

jest.setTimeout(240_000);

const lab = Lab.shared();
const RENDER = join(__dirname, '..', '..', 'examples', 'imaging', 'render.mjs');
const FRAMES = 2;

describe('the demo', () => {
  const homes: MeridianHome[] = [];
  const base = lab.newBase();
  afterAll(async () => {
    await Promise.all(homes.map((home) => home.remove()));
    lab.removeBase(base);
  });

  /** The description of the lab with base paths of this test's own: elsewhere may lie what other installations made. */
  function ownDescription(): string {
    const directory = join(base, 'lab');
    mkdirSync(directory);
    for (const name of ['lab.json', 'locations.yaml']) {
      const { rest, ssh } = lab.facts.base_paths;
      const text = readFileSync(join(lab.directory, name), 'utf8');
      const own = text
        .replaceAll(rest, lab.give(madeDirectory(base, 'rest')))
        .replaceAll(ssh, lab.give(madeDirectory(base, 'ssh')));
      writeFileSync(join(directory, name), own);
    }
    return directory;
  }
  const description = ownDescription();
  const sky = join(base, 'sky');
  beforeAll(() => {
    execFileSync(process.execPath, [RENDER, sky, '--frames', String(FRAMES)], { stdio: 'ignore' });
  });

  /** A Meridian of its own reduces a rendered star field at a site, in the container of the lab unless it is the host. */
  async function demoAt(site: string): Promise<Summary> {
    const home = await MeridianHome.create({ user: lab.user, settings: { MERIDIAN_LAB: description } });
    homes.push(home);
    const { stdout } = await home.mustMeridian('demo', '--json', '--site', site, '--input', sky);
    return JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as Summary;
  }

  /** By step, sub-group and path in the output directory: what is the same wherever and whenever it is made. */
  const hashesOf = ({ products }: Summary): Record<string, string> =>
    Object.fromEntries(products.map(({ path, sha256 }) => [placeOf(path), sha256]));

  it('makes byte-identical products on the host, through REST and through SSH', async () => {
    const host = await demoAt('local');
    expect(Object.keys(hashesOf(host))).toHaveLength(host.products.length);
    expect(Object.keys(hashesOf(host)).join(' ')).toContain('science/mosaic.fits');
    expect(host.runs).toEqual({ completed: FRAMES + 1, failed: 0 });

    for (const site of LAB_SITES) {
      const there = await demoAt(site);
      expect([site, there.runs]).toEqual([site, host.runs]);
      expect([site, hashesOf(there)]).toEqual([site, hashesOf(host)]);
    }
  });
});

function madeDirectory(...segments: readonly [string, string]): string {
  const path = join(...segments);
  mkdirSync(path, { recursive: true });
  return path;
}

/** `…/<sub-group>/<step>/<run>.<attempt>/output/<path>` without the run and what is before the sub-group. */
function placeOf(path: string): string {
  const [, subGroup = '', step = '', file = ''] =
    /([^/]+)\/([^/]+)\/[a-z0-9]+-\d+\.\d+\/output\/(.+)$/.exec(path) ?? [];
  return [step, subGroup, file].join(' ');
}
