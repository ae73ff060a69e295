import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { CliError, EXIT_CODES } from '../cli-error.js';

/** The daemons, in the order in which they are stopped: the one that makes work first. */
export const DAEMONS = ['trigger-manager', 'workflow-manager', 'result-manager'] as const;
export const API = 'ops-db-api';

// Small young generations keep four idle processes small; the work is in PostgreSQL and in the jobs.
const NODE_FLAGS = ['--max-semi-space-size=2', '--max-old-space-size=512', '--enable-source-maps'];

/** Node's arguments for one of our programs. */
export const nodeArguments = (app: string, script: string): string[] => [
  ...NODE_FLAGS,
  programPath(app, script),
];

/** The built file of one of our programs: `apps/<app>/dist/<script>.js` beside this one. */
export function programPath(app: string, script: string): string {
  const path = join(appsDirectory(), app, 'dist', `${script}.js`);
  if (existsSync(path)) return path;
  throw new CliError({
    message: `${path} is missing: this checkout is not built.`,
    action: 'Run "npm ci && npm run build" in the checkout.',
    exitCode: EXIT_CODES.other,
  });
}

const appsDirectory = (): string => dirname(dirname(dirname(__dirname)));
