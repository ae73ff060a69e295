import { mkdtempSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { sql, type JsonObject } from '@meridian/core';
import { Random } from '@meridian/core/testing';
import { lineageInputs, lineageMakers, queryRows } from '@meridian/ops-db';
import { contradictions } from '../testing/purge-books.js';
import { RetentionWorld, type KeptFile, type StoredFile } from '../testing/retention-world.js';

const KEEP_DAYS = 30;
const POLICY: JsonObject = {
  rules: [
    { types: ['INTERMEDIATE'], keep: 'until_downstream' },
    { types: ['SCIENCE', 'PLOT', 'LOG', 'OTHER'], keep: { days: KEEP_DAYS } },
  ],
};
const TYPES = ['SCIENCE', 'INTERMEDIATE', 'PLOT', 'LOG', 'OTHER', 'STATISTICS'] as const;
const TAKEN_TYPES: readonly string[] = ['SCIENCE', 'INTERMEDIATE'];

/** What a test made a file to be, by which it knows whether the file may go, without a look at what the purge looks at. */
interface Story {
  readonly file: StoredFile;
  readonly type: KeptFile['type'] | null;
  readonly ageDays: number;
  readonly isProtected: boolean;
  readonly isVerified: boolean;
  readonly taken: 'not' | 'done' | 'stale' | 'running';
  readonly isBehindLink: boolean;
}

function mayGo({ type, ageDays, isProtected, isVerified, taken, isBehindLink }: Story): boolean {
  if (type === null || type === undefined || type === 'LOG' || isProtected || !isVerified || isBehindLink)
    return false;
  if (taken === 'running') return false;
  // The steps after it take these two types, and must be done with them.
  const isTaken = TAKEN_TYPES.includes(type);
  if (isTaken && taken !== 'done') return false;
  return type === 'INTERMEDIATE' || (type !== 'STATISTICS' && ageDays >= KEEP_DAYS);
}

describe('purging a full archive with every kind of file', () => {
  let outside: string;
  beforeEach(() => {
    outside = mkdtempSync(path.join(tmpdir(), 'outside-'));
    writeFileSync(path.join(outside, 'mine.fits'), 'not yours');
  });
  afterEach(() => rmSync(outside, { recursive: true }));

  const fill = async (world: RetentionWorld, random: Random): Promise<Story[]> => {
    const stories: Story[] = [];
    for (let n = 0; n < 40; n += 1) stories.push(await aStory(world, random));
    return stories;
  };

  const aStory = async (world: RetentionWorld, random: Random): Promise<Story> => {
    const bytes = random.whole(1, 5000);
    const facts = { ageDays: random.whole(0, 60), isVerified: !random.chance(0.1) };
    if (random.chance(0.1)) {
      const file = await world.rawFile(bytes);
      return { ...facts, file, type: null, isProtected: false, taken: 'not', isBehindLink: false };
    }
    const type = TYPES[random.whole(0, TYPES.length - 1)] ?? 'SCIENCE';
    const isTable = random.chance(0.05);
    const file = await world.file({
      ...facts,
      type,
      bytes,
      ...(isTable ? { name: 'results/flux.ndjson' } : {}),
    });
    const taken = (['not', 'done', 'done', 'stale', 'running'] as const)[random.whole(0, 4)] ?? 'not';
    if (taken === 'done') await world.taken([file]);
    if (taken === 'stale') await world.taken([file], { state: 'stale' });
    if (taken === 'running')
      await world.taken([file], { status: random.chance(0.5) ? 'PENDING' : 'RUNNING' });
    const [isBound, isStaged] = [random.chance(0.05), random.chance(0.05)];
    if (isBound) await world.bound(file);
    if (isStaged) await world.staged(file);
    const isBehindLink = random.chance(0.1);
    if (isBehindLink) moveAway(world, file);
    return { ...facts, file, type, taken, isBehindLink, isProtected: isTable || isBound || isStaged };
  };

  /** What a job could do: its directory is somewhere else now, and a link leads there. */
  const moveAway = (world: RetentionWorld, { path: relative, copyId }: StoredFile): void => {
    const directory = path.dirname(world.at(relative));
    renameSync(directory, path.join(outside, `of ${copyId}`));
    symlinkSync(path.join(outside, `of ${copyId}`), directory);
  };

  const recordsOf = (world: RetentionWorld) =>
    queryRows(
      world.db,
      sql`SELECT item.*, product.run_id, product.path, product.superseded_at FROM data_item item LEFT JOIN data_product product ON product.item_id = item.id ORDER BY item.id`,
    );
  const lineageOf = async (world: RetentionWorld, stories: readonly Story[]) => {
    const runs = stories.flatMap(({ file }) => (file.run === null ? [] : [file.run.runId]));
    const items = stories.map(({ file }) => file.itemId);
    return [
      await lineageInputs(world.db, { ids: runs, limit: 1000 }),
      await lineageMakers(world.db, { ids: items, limit: 1000 }),
    ];
  };

  it.each([1, 2, 3, 4, 5, 6])(
    'lets nothing go outside policy, and all that may (archive %i)',
    async (seed) => {
      const random = new Random(seed);
      const world = await RetentionWorld.open(POLICY);
      try {
        const stories = await fill(world, random);
        const total = stories.reduce((sum, { file }) => sum + file.bytes, 0);
        const [records, lineage, untouched] = [
          await recordsOf(world),
          await lineageOf(world, stories),
          readdirSync(outside, { recursive: true }).map(String).sort(),
        ];
        await world.marks(total, Math.floor(total * 0.8));
        await world.runAll({ batchSize: random.whole(1, 15) });
        const after = await world.reasonsOf(stories.map(({ file }) => file));
        const gone = stories.filter(
          (_, index) => after[index] === null && !world.isThere(stories[index]?.file ?? { path: '' }),
        );
        expect(gone.filter((story) => !mayGo(story))).toEqual([]);
        expect(await contradictions(world)).toEqual([]);
        const freed = gone.reduce((sum, { file }) => sum + file.bytes, 0);
        const possible = stories.filter(mayGo).reduce((sum, { file }) => sum + file.bytes, 0);
        expect(freed >= Math.min(possible, total - Math.floor(total * 0.8))).toBe(true);

        await world.purge(0, { batchSize: random.whole(1, 15) });
        expect(stories.filter(({ file }) => !world.isThere(file))).toEqual(stories.filter(mayGo));
        expect(await contradictions(world)).toEqual([]);
        expect(readdirSync(outside, { recursive: true }).map(String).sort()).toEqual(untouched);
        expect(await recordsOf(world)).toEqual(records);
        expect(await lineageOf(world, stories)).toEqual(lineage);
      } finally {
        await world.close();
      }
    },
  );
});
