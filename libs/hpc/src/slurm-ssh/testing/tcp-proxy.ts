import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** A network that can fail: forwards a port of loopback, until it is told to cut or to hold back what it carries. */
export class TcpProxy {
  connections = 0;
  private readonly sockets = new Set<Socket>();
  private readonly held: (() => void)[] = [];
  private isHolding = false;

  private constructor(private readonly server: Server) {}

  static async to(port: number): Promise<TcpProxy> {
    const server = createServer();
    const proxy = new TcpProxy(server);
    server.on('connection', (client) => proxy.join(client, connect(port, '127.0.0.1')));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Ends all connections at once; new ones are taken. */
  cut(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  /** From now on nothing arrives at the other side, and nobody is told. */
  hold(): void {
    this.isHolding = true;
  }

  /** What was held back arrives after all. */
  release(): void {
    this.isHolding = false;
    for (const send of this.held.splice(0)) send();
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private join(client: Socket, host: Socket): void {
    this.connections += 1;
    for (const [from, to] of [
      [client, host],
      [host, client],
    ] as const) {
      this.sockets.add(from);
      from.on('data', (chunk) => {
        const send = (): void => void to.write(chunk);
        if (this.isHolding) this.held.push(send);
        else send();
      });
      from.on('error', () => undefined);
      from.on('close', () => {
        this.sockets.delete(from);
        to.destroy();
      });
    }
  }
}
