import { parseArgs } from 'node:util';
import { compareManyFilters } from './campaigns/filters.campaign.js';
import type { Campaign } from './campaigns/campaign.js';

/** Properties that hold for so many random cases; the tests try a few thousand of them. */
const CAMPAIGNS: Readonly<Record<string, Campaign>> = { filters: compareManyFilters };

const USAGE = `Usage: npm run campaign -- ${Object.keys(CAMPAIGNS).join('|')} [--count N] [--seed S] [--batch B] [--json]`;

function readArguments() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      count: { type: 'string', default: '100000' },
      seed: { type: 'string', default: '1' },
      batch: { type: 'string' },
      json: { type: 'boolean', default: false },
    },
  });
  const name = positionals.join(' ');
  const campaign = Object.hasOwn(CAMPAIGNS, name) ? CAMPAIGNS[name] : undefined;
  const [count, seed, batch] = [values.count, values.seed, values.batch ?? '1'].map(Number);
  if (campaign === undefined || !isWhole(count) || !isWhole(seed) || !isWhole(batch)) throw new Error(USAGE);
  return { name, campaign, count, seed, batch: values.batch === undefined ? null : batch, json: values.json };
}

const isWhole = (value: number | undefined): value is number =>
  Number.isSafeInteger(value) && Number(value) >= 1;

async function main(): Promise<number> {
  const { name, campaign, count, seed, batch, json } = readArguments();
  const begun = performance.now();
  const result = await campaign({ count, seed, batch, onProgress: showProgress });
  if (process.stderr.isTTY) process.stderr.write('\n');
  const seconds = Math.round((performance.now() - begun) / 100) / 10;
  for (const { batch: where, text } of result.differences) {
    console.error(`  DIFFERENT in batch ${where}: ${text}`);
    console.error(`  again: npm run campaign -- ${name} --seed ${seed} --batch ${where}`);
  }
  for (const [what, cases] of Object.entries(result.of)) console.log(`${String(cases).padStart(9)}  ${what}`);
  console.log(
    `${result.cases} ${name}, seed ${seed}, in ${seconds} s: ${result.differences.length} different`,
  );
  const summary = {
    campaign: name,
    cases: result.cases,
    of: result.of,
    different: result.differences.length,
  };
  if (json) console.log(JSON.stringify({ ...summary, seed, seconds }));
  return result.differences.length === 0 ? 0 : 1;
}

/** One line that is written over on a terminal, and nothing elsewhere. */
function showProgress(cases: number): void {
  if (process.stderr.isTTY) process.stderr.write(`\r${cases} so far `);
}

// Said to process.exit itself: the embedded PostgreSQL hooks into a silent end, and ends it with 0 whatever was left as the code.
main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error instanceof Error ? (error.stack ?? error.message) : error);
    process.exit(1);
  },
);
