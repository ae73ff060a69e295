import { openTerminal } from './terminal/terminal.js';
import { runCli } from './run-cli.js';

const terminal = openTerminal({ stdout: process.stdout, stderr: process.stderr, env: process.env });

void runCli(process.argv.slice(2), { terminal, env: process.env, cwd: process.cwd() }).then((exitCode) => {
  // Not process.exit(): what is still being written to a pipe would be lost.
  process.exitCode = exitCode;
});
