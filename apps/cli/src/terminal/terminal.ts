import pc from 'picocolors';

type Colors = ReturnType<typeof pc.createColors>;

/** The two streams, and what they can show. */
export interface Terminal {
  readonly colors: Colors;
  /** Live redrawing is possible on standard error (progress goes there, results to standard output). */
  readonly isLive: boolean;
  readonly width: number;
  /** One line of the answer, on standard output. */
  print(line: string): void;
  /** Characters as they are, on standard output. */
  write(text: string): void;
  /** One line about the work, on standard error. */
  note(line: string): void;
  /** Characters as they are, on standard error: for redrawing. */
  draw(text: string): void;
}

export interface TerminalOptions {
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/**
 * The terminal of this process.
 *
 * Colours follow NO_COLOR, FORCE_COLOR and whether standard output is a terminal. A reader that goes away
 * (`meridian runs | head`) is not an error.
 */
export function openTerminal({ stdout, stderr, env }: TerminalOptions): Terminal {
  const noColor = (env['NO_COLOR'] ?? '') !== '';
  const forced = !['', '0', 'false'].includes(env['FORCE_COLOR'] ?? '');
  const colored = !noColor && (forced || (stdout.isTTY === true && env['TERM'] !== 'dumb'));
  for (const stream of [stdout, stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
    });
  }
  return {
    colors: pc.createColors(colored),
    isLive: stderr.isTTY === true && env['TERM'] !== 'dumb' && env['CI'] === undefined,
    width: Math.max(40, stdout.columns ?? stderr.columns ?? 120),
    print: (line) => void stdout.write(`${line}\n`),
    write: (text) => void stdout.write(text),
    note: (line) => void stderr.write(`${line}\n`),
    draw: (text) => void stderr.write(text),
  };
}

/** The same terminal with its answers on standard error, for commands whose standard output is one JSON document. */
export const quietTerminal = (terminal: Terminal): Terminal => ({
  ...terminal,
  print: (line) => terminal.note(line),
  write: (text) => terminal.draw(text),
});
