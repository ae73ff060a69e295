import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

jest.setTimeout(300_000);

const HARNESS = join(__dirname, '..', '..', 'faults', 'dist', 'main.js');

describe('the fault harness', () => {
  it('finds nothing lost, doubled or stuck after 300 faults on the fake site', async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [
      ...[HARNESS, '--site', 'fake', '--count', '300', '--seed', '7', '--json'],
    ]);
    const summary = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Record<string, unknown>;
    expect(summary).toMatchObject({ site: 'fake', seed: 7, lost: 0, doubled: 0, stuck: 0 });
    expect(summary['faults']).toBeGreaterThanOrEqual(300);
  });
});
