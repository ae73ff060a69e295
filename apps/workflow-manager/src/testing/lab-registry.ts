import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createSocket, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A real image registry on this machine, behind a door that counts and can be closed. */
export interface LabRegistry {
  /** `127.0.0.1:port`, of the door. */
  readonly host: string;
  /** Manifests and blobs that were asked for, `GET /v2/…`. */
  readonly asked: string[];
  /** What becomes of a blob that is asked for: it is sent, or nobody answers. */
  blobs: 'sent' | 'silent';
  /** Puts a SIF file under a name and a tag. */
  push(sif: string, name: string): void;
  open(): Promise<void>;
  shut(): Promise<void>;
  stop(): Promise<void>;
}

async function freePort(): Promise<number> {
  const socket = createSocket().listen(0, '127.0.0.1');
  await new Promise((resolve) => socket.once('listening', resolve));
  const { port } = socket.address() as AddressInfo;
  await new Promise((resolve) => socket.close(resolve));
  return port;
}

async function startRegistry(directory: string): Promise<{ process: ChildProcess; port: number }> {
  const port = await freePort();
  const config = join(directory, 'config.yml');
  writeFileSync(
    config,
    `version: 0.1\nlog: {level: error}\nstorage: {filesystem: {rootdirectory: ${directory}/data}}\nhttp: {addr: '127.0.0.1:${port}'}\n`,
  );
  const child = spawn('docker-registry', ['serve', config], { stdio: 'ignore' });
  for (const deadline = Date.now() + 20_000; ; await new Promise((resolve) => setTimeout(resolve, 50))) {
    const answer = await fetch(`http://127.0.0.1:${port}/v2/`).catch(() => null);
    if (answer?.ok === true) return { process: child, port };
    if (Date.now() > deadline || child.exitCode !== null) throw new Error('docker-registry does not start');
  }
}

export async function startLabRegistry(): Promise<LabRegistry> {
  const directory = mkdtempSync(join(tmpdir(), 'meridian-registry-'));
  const behind = await startRegistry(directory);
  const port = await freePort();
  let door: Server | null = null;
  const pass = (incoming: IncomingMessage, outgoing: ServerResponse): void => {
    const { url: path = '/', method = 'GET', headers } = incoming;
    if (method === 'GET') registry.asked.push(path);
    if (registry.blobs === 'silent' && method === 'GET' && path.includes('/blobs/')) return;
    const through = request({ port: behind.port, host: '127.0.0.1', path, method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(outgoing);
    });
    through.on('error', () => outgoing.destroy());
    incoming.pipe(through);
  };
  const shut = async (): Promise<void> => {
    door?.closeAllConnections();
    await new Promise((resolve) => (door === null ? resolve(null) : door.close(resolve)));
    door = null;
  };
  const registry: LabRegistry = {
    host: `127.0.0.1:${port}`,
    asked: [],
    blobs: 'sent',
    push: (sif, name) => {
      const options = ['--quiet', 'push', '--no-https'];
      execFileSync('apptainer', [...options, sif, `oras://127.0.0.1:${behind.port}/${name}`], {
        stdio: 'pipe',
      });
    },
    open: async () => {
      const server = createServer(pass).listen(port, '127.0.0.1');
      await new Promise((resolve) => server.once('listening', resolve));
      door = server;
    },
    shut,
    stop: async () => {
      await shut();
      behind.process.kill();
      rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
    },
  };
  await registry.open();
  return registry;
}
