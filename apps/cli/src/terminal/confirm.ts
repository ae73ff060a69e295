import { createInterface } from 'node:readline/promises';
import { CliError, EXIT_CODES } from '../cli-error.js';

/** Asks a person; anything but "yes" is no. Without a person at the terminal it is a usage error that names `--yes`. */
export async function confirm(question: string): Promise<boolean> {
  if (process.stdin.isTTY !== true) {
    throw new CliError({
      message: 'There is nobody at the terminal to confirm this.',
      action: 'Add --yes if it is meant.',
      exitCode: EXIT_CODES.usage,
    });
  }
  const asking = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return (await asking.question(`${question} Type "yes": `)).trim() === 'yes';
  } finally {
    asking.close();
  }
}
