import { parseArgs } from 'node:util';
import { describeFailure, playCampaign } from './campaign.js';

const USAGE = 'Usage: npm run histories -- [--count N] [--seed S] [--lanes L] [--json]';

function readArguments() {
  const { values } = parseArgs({
    options: {
      count: { type: 'string', default: '500' },
      seed: { type: 'string', default: '1' },
      lanes: { type: 'string', default: '2' },
      json: { type: 'boolean', default: false },
    },
  });
  const [count = 0, seed = 0, lanes = 0] = [values.count, values.seed, values.lanes].map(Number);
  if (![count, seed, lanes].every((number) => Number.isSafeInteger(number) && number >= 1))
    throw new Error(USAGE);
  return { count, seed, lanes, json: values.json };
}

async function main(): Promise<number> {
  const { json, ...options } = readArguments();
  const began = performance.now();
  const onProgress = (played: number): void => {
    if (process.stderr.isTTY && played % 10 === 0)
      process.stderr.write(`\r${played} of ${options.count} histories `);
  };
  const { failures, ...counts } = await playCampaign({
    ...options,
    onProgress,
    onFailure: (failure) => console.log(describeFailure(failure)),
  });
  const seconds = Math.round((performance.now() - began) / 100) / 10;
  if (process.stderr.isTTY) process.stderr.write('\n');
  console.log(
    `${counts.histories} histories from seed ${options.seed}, ${counts.checks} comparisons in ${seconds} s: ${failures.length} wrong`,
  );
  if (json)
    console.log(
      JSON.stringify({ ...counts, seed: options.seed, seconds, wrong: failures.map(({ seed }) => seed) }),
    );
  return failures.length === 0 ? 0 : 1;
}

// Said to process.exit itself: the embedded PostgreSQL hooks into a silent end, and ends it with 0 whatever was left as the code.
main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
