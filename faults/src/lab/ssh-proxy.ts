import { connect, createServer, type Socket } from 'node:net';
import type { ArmedFaults, Exchange, SiteProxy, WireFault } from './armed-faults.js';

/** Until then a connection is logging in. */
const LOGGED_IN_AFTER_MS = 800;
/** What is sent with less than this between is one message: only a batch script is so long. */
const BURST_GAP_MS = 50;
const SCRIPT_BYTES = 700;
/** Shorter than any command: windows that are adjusted, channels that are closed. */
const COMMAND_BYTES = 120;
/** Time for a command to take effect behind a client that will never hear of it. */
const EFFECT_MS = 2_000;

export interface SshProxyOptions {
  /** 0 takes a free one. */
  readonly port: number;
  readonly target: number;
  readonly loggedInAfterMs?: number;
}

/** Passes connections on to sshd, and does to them what is armed. What is in them it can only guess from its length. */
export async function startSshProxy(
  faults: ArmedFaults,
  { port, target, loggedInAfterMs = LOGGED_IN_AFTER_MS }: SshProxyOptions,
): Promise<SiteProxy> {
  const open = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect({ host: '127.0.0.1', port: target });
    for (const socket of [client, upstream]) {
      open.add(socket);
      socket.on('close', () => open.delete(socket));
    }
    new Relay({ client, upstream, faults, loggedInAfterMs }).start();
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of open) socket.destroy();
      }),
  };
}

interface RelayOptions {
  readonly client: Socket;
  readonly upstream: Socket;
  readonly faults: ArmedFaults;
  readonly loggedInAfterMs: number;
}

/** One connection between Meridian and sshd. */
class Relay {
  private readonly client: Socket;
  private readonly upstream: Socket;
  private readonly faults: ArmedFaults;
  private readonly loggedInAt: number;
  private readonly up: Direction;
  private readonly down: Direction;
  private burst = { bytes: 0, lastAt: 0 };
  private isTampered = false;

  constructor({ client, upstream, faults, loggedInAfterMs }: RelayOptions) {
    this.client = client;
    this.upstream = upstream;
    this.faults = faults;
    this.loggedInAt = Date.now() + loggedInAfterMs;
    this.up = new Direction(upstream);
    this.down = new Direction(client);
  }

  start(): void {
    this.client.setNoDelay(true);
    this.upstream.setNoDelay(true);
    this.client.on('data', (chunk: Buffer) => this.fromClient(chunk));
    this.upstream.on('data', (chunk: Buffer) => this.down.write(chunk));
    for (const socket of [this.client, this.upstream]) {
      socket.on('error', () => undefined);
      // What is held on its way to sshd still arrives there when its sender has given up.
      socket.on('close', () => (this.up.isHeld ? undefined : this.cut()));
    }
  }

  private fromClient(chunk: Buffer): void {
    const exchange = this.guess(chunk);
    const fault =
      exchange === null || this.isTampered ? null : this.faults.take(exchange, `${chunk.length} bytes`);
    if (fault === null) return this.up.write(chunk);
    this.isTampered = true;
    this.tamper(fault, chunk).catch(() => this.cut());
  }

  private guess(chunk: Buffer): Exchange | null {
    const now = Date.now();
    const isSame = now - this.burst.lastAt < BURST_GAP_MS;
    this.burst = { bytes: (isSame ? this.burst.bytes : 0) + chunk.length, lastAt: now };
    if (now < this.loggedInAt || chunk.length < COMMAND_BYTES) return null;
    return this.burst.bytes >= SCRIPT_BYTES ? 'submit' : 'other';
  }

  private async tamper(fault: WireFault, chunk: Buffer): Promise<void> {
    switch (fault) {
      case 'request_lost':
        return this.cut();
      case 'reply_lost':
        this.down.hold();
        this.up.write(chunk);
        await new Promise((resolve) => setTimeout(resolve, EFFECT_MS));
        return this.cut();
      case 'slow_reply':
        this.down.hold();
        this.up.write(chunk);
        await this.faults.hold();
        this.down.release();
        break;
      case 'late_submission':
        this.up.hold();
        this.up.write(chunk);
        await this.faults.hold();
        this.up.release();
        if (this.client.destroyed) setTimeout(() => this.cut(), EFFECT_MS);
        break;
    }
    this.isTampered = false;
  }

  private cut(): void {
    this.client.destroy();
    this.upstream.destroy();
  }
}

/** What flows one way, unless it is held. */
class Direction {
  private held: Buffer[] | null = null;

  constructor(private readonly to: Socket) {}

  get isHeld(): boolean {
    return this.held !== null;
  }

  write(chunk: Buffer): void {
    if (this.held !== null) this.held.push(chunk);
    else if (!this.to.destroyed) this.to.write(chunk);
  }

  hold(): void {
    this.held ??= [];
  }

  release(): void {
    const held = this.held ?? [];
    this.held = null;
    for (const chunk of held) this.write(chunk);
  }
}
