import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startCountingPipeline } from './counting-pipeline.js';
import { MeridianHome } from './meridian-home.js';

interface Product {
  readonly id: number;
  readonly step: string;
  readonly sha256: string;
  readonly bytes: string;
}
interface Copies {
  readonly copies: readonly { readonly path: string; readonly status: string }[];
}
interface Sums {
  readonly used_before_bytes: number;
  readonly used_after_bytes: number;
  readonly sums: readonly { action: string; reason: string; files: number; bytes: number }[];
}

jest.setTimeout(240_000);

describe('retention, at the command line of a running system', () => {
  let home: MeridianHome;
  beforeAll(async () => {
    home = await MeridianHome.create();
    await home.mustMeridian('up', '--detach');
  });
  afterAll(() => home.remove());

  const json = async <Answer>(...args: readonly string[]): Promise<Answer> =>
    JSON.parse((await home.mustMeridian(...args, '--json')).stdout) as Answer;
  const products = (): Promise<Product[]> => json('products', '--pipeline', 'small');
  const fileOf = async ({ id }: Product): Promise<string> => {
    const [copy] = (await home.get<Copies>(`/products/${id}`)).copies;
    return join(home.directory, 'work', copy?.path ?? '');
  };

  it('purges what a step lets go, keeps the rest, and nothing runs again for it', async () => {
    await startCountingPipeline(home, 'small', 3, 0);
    await home.until('all is made', 120, async () => {
      const runs = await home.runs('small');
      return runs.length === 4 && runs.every(({ status }) => status.startsWith('COMPLETED')) ? true : null;
    });
    const file = join(home.directory, 'data', 'small', 'pipeline.yaml');
    const definitions = JSON.parse(readFileSync(file, 'utf8')) as {
      pipelines: { steps: Record<string, unknown>[] }[];
    };
    const [each] = definitions.pipelines[0]?.steps ?? [];
    if (each !== undefined) each['retention'] = { rules: [{ types: ['SCIENCE'], keep: 'until_downstream' }] };
    writeFileSync(file, JSON.stringify(definitions));
    await home.mustMeridian('apply', file);
    const before = await products();
    const files = new Map(await Promise.all(before.map(async (one) => [one.id, await fileOf(one)] as const)));

    await home.until('all of it is current', 30, async () => {
      const plan = await json<Sums>('purge', 'e2e-local', '--down-to', '24', '--dry-run');
      return plan.used_after_bytes === 24 ? true : null;
    });
    expect(before.every(({ id }) => existsSync(files.get(id) ?? ''))).toBe(true);
    const purge = await json<Sums>('purge', 'e2e-local', '--down-to', '24', '--reason', 'quota', '--wait');
    expect(purge).toMatchObject({
      ...{ used_before_bytes: 48, used_after_bytes: 24 },
      sums: [
        { action: 'delete', reason: 'everything made of it is complete', files: 3, bytes: 24 },
        { action: 'keep', reason: 'policy', files: 1, bytes: 24 },
      ],
    });

    const after = await products();
    expect(after.map(({ id, sha256 }) => [id, sha256])).toEqual(before.map(({ id, sha256 }) => [id, sha256]));
    for (const { id, step, bytes } of after)
      expect([step, bytes, existsSync(files.get(id) ?? '')]).toEqual(
        step === 'each' ? ['each', 'purged', false] : ['all', 'present', true],
      );
    expect(await json<unknown[]>('retention', '--location', 'e2e-local', '--deleted')).toHaveLength(3);
    expect((await home.mustMeridian('purges')).stdout).toContain('quota');
    expect(await home.runs('small')).toHaveLength(4);
  });
});
