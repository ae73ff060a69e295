import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { captured } from './captured.js';

/** What a test has the server do with a request: answer, or something worse. */
export type Behaviour = (request: SeenRequest, response: ServerResponse, socket: Socket) => void;

export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly body: string;
  readonly token: string;
}

/** A real HTTP server on this machine that answers as a slurmrestd of some version was recorded to, and fails where a test wants. */
export class SlurmrestdDouble {
  readonly seen: SeenRequest[] = [];
  private readonly behaviours = new Map<string, Behaviour>();
  private readonly server: Server;

  private constructor(private readonly origin: string) {
    this.server = createServer((request, response) => this.receive(request, response));
    const version = origin.split('-')[1] ?? '';
    this.serves([version]);
    this.replays('GET', `/slurm/${version}/diag`, 'diag');
    this.replays('GET', `/slurm/${version}/partitions`, 'partitions');
  }

  static async start(origin: string): Promise<SlurmrestdDouble> {
    const double = new SlurmrestdDouble(origin);
    await new Promise<void>((resolve) => double.server.listen(0, '127.0.0.1', resolve));
    return double;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** The versions of its OpenAPI document. */
  serves(versions: readonly string[], extra: readonly string[] = ['jobs/state/', 'conf']): void {
    const paths = versions.flatMap((version) => [
      [`/slurm/${version}/job/submit`, { post: {} }],
      [`/slurm/${version}/jobs/`, version === 'v0.0.38' ? { get: {} } : { get: {}, delete: {} }],
      [`/slurmdb/${version}/jobs/`, { get: {} }],
      ...(version === 'v0.0.38' ? [] : extra.map((path) => [`/slurm/${version}/${path}`, { get: {} }])),
    ]);
    this.on('GET', '/openapi/v3', json(200, { paths: Object.fromEntries(paths) }));
  }

  /** `path` without its query. */
  on(method: string, path: string, behaviour: Behaviour): void {
    this.behaviours.set(`${method} ${path}`, behaviour);
  }

  replays(method: string, path: string, name: string, origin = this.origin): void {
    const { status, text } = captured(origin, name);
    this.on(method, path, answer(status, text));
  }

  countOf(method: string, path: string): number {
    return this.seen.filter((request) => request.method === method && request.path === path).length;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private receive(request: IncomingMessage, response: ServerResponse): void {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const [path = '', query = ''] = (request.url ?? '').split('?');
      const seen: SeenRequest = {
        method: request.method ?? '',
        path,
        query: decodeURIComponent(query),
        body: Buffer.concat(chunks).toString('utf8'),
        token: String(request.headers['x-slurm-user-token']),
      };
      this.seen.push(seen);
      const behaviour = this.behaviours.get(`${seen.method} ${path}`);
      (behaviour ?? NOT_FOUND)(seen, response, request.socket);
    });
  }
}

export const answer =
  (status: number, text: string): Behaviour =>
  (_, response) => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(status === 304 ? undefined : text);
  };

export const json = (status: number, body: unknown): Behaviour => answer(status, JSON.stringify(body));

const NOT_FOUND = answer(404, 'Unable find requested URL. Please view /openapi/v3 for API reference.');

export const hangs: Behaviour = () => undefined;

export const resets: Behaviour = (_request, _response, socket) => {
  socket.resetAndDestroy();
};

/** Half of an answer whose length promised all of it. */
export const breaksOff =
  (status: number, text: string): Behaviour =>
  (_, response, socket) => {
    response.writeHead(status, { 'content-type': 'application/json', 'content-length': String(text.length) });
    response.write(text.slice(0, text.length / 2), () => socket.destroy());
  };

/** As slurmrestd 26.05 does with every error. */
export const saysItTwice =
  (status: number, text: string): Behaviour =>
  (_request, _response, socket) => {
    const once = `HTTP/1.1 ${status} X\r\nConnection: Close\r\nContent-Length: ${text.length}\r\nContent-Type: application/json\r\n\r\n${text}`;
    socket.end(once + once);
  };

/** One behaviour after the other; the last stays. */
export const inTurn = (...behaviours: readonly Behaviour[]): Behaviour => {
  let turn = 0;
  return (...args) => {
    behaviours[Math.min(turn, behaviours.length - 1)]?.(...args);
    turn += 1;
  };
};
