import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { ArmedFaults, Exchange, SiteProxy } from './armed-faults.js';

interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

/** Passes requests on to slurmrestd, and does to them what is armed. */
export async function startRestProxy(
  faults: ArmedFaults,
  { port, target }: { port: number; target: string },
): Promise<SiteProxy> {
  const server = createServer((incoming, response) => {
    // A socket that was destroyed on purpose, or a slurmrestd that is away, is what its client has to live with.
    pass(faults, target, { incoming, response }).catch(() => incoming.socket.destroy());
  });
  await listen(server, port);
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function pass(
  faults: ArmedFaults,
  target: string,
  { incoming, response }: { incoming: IncomingMessage; response: ServerResponse },
): Promise<void> {
  const body = await readAll(incoming);
  const fault = faults.take(exchangeOf(incoming), `${incoming.url ?? ''} ${nameIn(body)}`);
  if (fault === 'request_lost') return void incoming.socket.destroy();
  if (fault === 'late_submission') await faults.hold();
  const answer = await forward(target, incoming, body);
  if (fault === 'reply_lost') return void incoming.socket.destroy();
  if (fault === 'slow_reply') await faults.hold();
  const type = answer.headers['content-type'];
  response.writeHead(answer.status, type === undefined ? {} : { 'content-type': type });
  response.end(answer.body);
}

function exchangeOf({ method, url = '' }: IncomingMessage): Exchange {
  if (method === 'DELETE') return 'cancel';
  return method === 'POST' && url.endsWith('/job/submit') ? 'submit' : 'other';
}

const nameIn = (body: Buffer): string => /"name":\s*"(mrd-[^"]+)"/.exec(body.toString('utf8'))?.[1] ?? '';

function forward(target: string, incoming: IncomingMessage, body: Buffer): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { method, url = '/', headers } = incoming;
    const outgoing = request(
      `${target}${url}`,
      { ...(method === undefined ? {} : { method }), headers, agent: false, insecureHTTPParser: true },
      (answer) => {
        readAll(answer).then(
          (read) => resolve({ status: answer.statusCode ?? 502, headers: answer.headers, body: read }),
          reject,
        );
      },
    );
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

async function readAll(stream: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

const listen = (server: Server, port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
