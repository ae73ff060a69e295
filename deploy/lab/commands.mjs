import { execFile } from 'node:child_process';
import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

/** Runs a program to its end; resolves to what it printed. @throws Error that names the program and says what it said. */
export function run(command, args = [], options = {}) {
  return new Promise((resolve, reject) => {
    const { input, ...rest } = options;
    const child = execFile(
      command,
      args,
      { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024, ...rest },
      (error, stdout, stderr) => {
        if (error === null) return resolve(stdout);
        const said = `${stderr}${stdout}`.trim().split('\n').slice(-12).join('\n');
        reject(new Error(`${command} ${args.join(' ')} failed: ${said || error.message}`, { cause: error }));
      },
    );
    if (input !== undefined) child.stdin.end(input);
  });
}

/** Whether a program ends with 0. */
export const succeeds = (command, args, options) =>
  run(command, args, options).then(
    () => true,
    () => false,
  );

/** Polls until `check` resolves to something true. @throws Error after `seconds`, with what was waited for. */
export async function waitFor(what, seconds, check, intervalMs = 40) {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const found = await check();
    if (found) return found;
    if (Date.now() > end) throw new Error(`${what}: not within ${seconds} s`);
    await pause(intervalMs);
  }
}

/** Whether somebody accepts connections at a TCP port of loopback, or at the path of a Unix socket. */
export function answers(target) {
  return new Promise((resolve) => {
    const socket = connect(
      typeof target === 'number' ? { host: '127.0.0.1', port: target } : { path: target },
    );
    const end = (answer) => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(1000, () => end(false));
    socket.once('connect', () => end(true));
    socket.once('error', () => end(false));
  });
}
