import type { Command } from 'commander';
import type { ApiClient } from '../api/api-client.js';
import { serverSentEvents } from '../api/server-sent-events.js';
import { EXIT_CODES } from '../cli-error.js';
import type { ExitCode } from '../cli-error.js';
import { examples } from '../command-context.js';
import type { CommandContext, Runner } from '../command-context.js';
import { parseId } from './parse-id.js';

const STREAMS = ['stdout', 'stderr'] as const;
type Stream = (typeof STREAMS)[number];

interface LogsOptions {
  readonly follow?: boolean;
  readonly attempt?: string;
}

export function addLogsCommand(program: Command, run: Runner): void {
  program
    .command('logs')
    .description('What a run printed: its standard output and error, each to ours')
    .argument('<run>', 'id of the run')
    .option('-f, --follow', 'go on until the attempt is over')
    .option('--attempt <n>', 'of this attempt (default: the newest)')
    .addHelpText('after', examples('logs 42', 'logs -f 42', 'logs 42 2>/dev/null'))
    .action((id: string, options: LogsOptions, command: Command) =>
      run(command, (context) => logs(context, parseId(id, 'run', 'runs'), options)),
    );
}

async function logs(
  context: CommandContext,
  id: number,
  { follow, attempt }: LogsOptions,
): Promise<ExitCode> {
  const client = context.connect();
  const write: Record<Stream, (text: string) => void> = {
    stdout: context.terminal.write,
    stderr: context.terminal.draw,
  };
  const request = (stream: Stream): LogRequest => ({
    client,
    run: id,
    stream,
    attempt,
    write: write[stream],
  });
  if (follow === true) await Promise.all(STREAMS.map((stream) => followLog(request(stream))));
  else for (const stream of STREAMS) await printLog(request(stream));
  return EXIT_CODES.ok;
}

interface LogRequest {
  readonly client: ApiClient;
  readonly run: number;
  readonly stream: Stream;
  readonly attempt: string | undefined;
  readonly write: (text: string) => void;
}

async function printLog({ client, run, stream, attempt, write }: LogRequest): Promise<void> {
  let offset = 0;
  for (;;) {
    const { text, headers } = await client.text(`/runs/${run}/logs`, { stream, attempt, offset });
    write(text);
    const next = Number(headers.get('x-next-offset') ?? offset);
    if (text === '' || next <= offset || next >= Number(headers.get('x-log-size') ?? 0)) return;
    offset = next;
  }
}

// A stream that breaks off without its `end` event is taken up again where it was.
async function followLog(request: LogRequest): Promise<void> {
  let offset = 0;
  const from = (at: number): void => {
    offset = at;
  };
  while (!(await followUntilBroken(request, offset, from)));
}

/** True when the log is over, false when the connection broke; tells where it got to. */
async function followUntilBroken(
  { client, run, stream, attempt, write }: LogRequest,
  offset: number,
  reached: (offset: number) => void,
): Promise<boolean> {
  const body = await client.stream(
    `/runs/${run}/logs/stream`,
    { stream, attempt, offset },
    'text/event-stream',
  );
  try {
    for await (const event of serverSentEvents(body)) {
      reached(Number(event.id));
      if (event.name === 'end') return true;
      write((JSON.parse(event.data) as { text: string }).text);
    }
    return false;
  } catch (error) {
    // What fetch throws when a body breaks off.
    if (error instanceof TypeError) return false;
    throw error;
  }
}
