import { createServer, request, Agent, type IncomingMessage, type ServerResponse } from 'node:http';
import { readFile, readdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Lab } from './slurm-lab.js';

/** What a request of a site was for, as its wire shows it. */
export type WireKind = 'submit' | 'status' | 'accounting' | 'cancel' | 'other';

export interface WireRequest {
  readonly kind: WireKind;
  /** When it was made, in milliseconds since 1970. */
  readonly at: number;
}

/** Counts, outside Meridian, what goes over the wire to a site. */
export interface RequestCounter {
  /** The settings of a location that lead past the counter. */
  readonly backendConfig: Readonly<Record<string, unknown>>;
  requests(): Promise<WireRequest[]>;
  close(): Promise<void>;
}

/** A proxy in front of slurmrestd. */
export async function countRestRequests(lab: Lab): Promise<RequestCounter> {
  const seen: WireRequest[] = [];
  const target = new URL(lab.facts.rest_url);
  const agent = new Agent({ keepAlive: true });
  const forward = (incoming: IncomingMessage, answer: ServerResponse): void => {
    seen.push({ kind: kindOfRestRequest(incoming.method ?? '', incoming.url ?? ''), at: Date.now() });
    const outgoing = request(
      {
        agent,
        host: target.hostname,
        port: target.port,
        method: incoming.method,
        path: incoming.url,
        headers: incoming.headers,
      },
      (reply) => {
        answer.writeHead(reply.statusCode ?? 502, reply.headers);
        reply.pipe(answer);
      },
    );
    outgoing.on('error', () => answer.destroy());
    incoming.pipe(outgoing);
  };
  const server = createServer(forward);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    backendConfig: { url: `http://127.0.0.1:${port}` },
    requests: () => Promise.resolve([...seen]),
    close: () =>
      new Promise((resolve) => {
        agent.destroy();
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

function kindOfRestRequest(method: string, url: string): WireKind {
  const path = url.split('?')[0] ?? '';
  if (method === 'DELETE') return 'cancel';
  if (/^\/slurmdb\/[^/]+\/jobs?(\/|$)/.test(path)) return 'accounting';
  if (/^\/slurm\/[^/]+\/job\/submit$/.test(path)) return 'submit';
  return /^\/slurm\/[^/]+\/jobs?(\/|$)/.test(path) ? 'status' : 'other';
}

const KINDS: Readonly<Record<string, WireKind>> = {
  sbatch: 'submit',
  squeue: 'status',
  sacct: 'accounting',
  scancel: 'cancel',
};

/** Slurm's commands, each of which notes that it was called: over SSH every request is one of them. */
export async function countSshRequests(lab: Lab, directory: string): Promise<RequestCounter> {
  const bin = join(directory, 'commands');
  const log = join(directory, 'commands.log');
  await lab.makeDirectory(bin);
  await lab.write(log, '');
  for (const name of await readdir(lab.facts.bin)) {
    const [command, path] = [join(lab.facts.bin, name), join(bin, name)];
    if (KINDS[name] === undefined) await symlink(command, path);
    else {
      const note = `date '+${name} %s%3N' >>'${log}'`;
      await lab.write(path, `#!/bin/sh\n${note}\nexec '${command}' "$@"\n`);
      await lab.run('chmod', ['755', path], { cwd: '/' });
    }
  }
  return {
    backendConfig: { commands_directory: bin },
    requests: async () =>
      (await readFile(log, 'utf8')).split('\n').flatMap((line) => {
        const [name = '', at] = line.split(' ');
        return at === undefined ? [] : [{ kind: KINDS[name] ?? 'other', at: Number(at) }];
      }),
    close: () => Promise.resolve(),
  };
}
