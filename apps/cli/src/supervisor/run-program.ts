import { spawn } from 'node:child_process';
import { CliError, EXIT_CODES } from '../cli-error.js';
import { nodeArguments } from './programs.js';

export interface ProgramCall {
  readonly app: string;
  readonly script: string;
  readonly args?: readonly string[];
  readonly env: NodeJS.ProcessEnv;
}

/** Runs one of our programs to its end and gives back its standard output; a CliError with its messages when it fails. */
export async function runProgram({ app, script, args = [], env }: ProgramCall): Promise<string> {
  const child = spawn(process.execPath, [...nodeArguments(app, script), ...args], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  let messages = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    messages += text;
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code === 0) return output;
  throw new CliError({
    message: `${app} ${script} failed (exit code ${code ?? 'none'}): ${`${messages}\n${output}`.trim().slice(-2000)}`,
    action: 'Check the database (DATABASE_URL) with "meridian doctor".',
    exitCode: EXIT_CODES.other,
  });
}
