import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { Ledger } from '../ledger.js';
import { ArmedFaults, type SiteProxy } from './armed-faults.js';
import { startSshProxy } from './ssh-proxy.js';

const COMMAND = 'c'.repeat(200);
const SCRIPT = 's'.repeat(900);

describe('the proxy in front of sshd', () => {
  let site: Server;
  let proxy: SiteProxy;
  let faults: ArmedFaults;
  let ledger: Ledger;
  let arrived: string;
  let client: Socket;
  beforeEach(async () => {
    arrived = '';
    site = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.on('data', (chunk) => {
        arrived += chunk.toString();
        socket.write('answer');
      });
    });
    await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve));
    ledger = new Ledger(() => new Date(0));
    faults = new ArmedFaults(ledger);
    const target = (site.address() as AddressInfo).port;
    proxy = await startSshProxy(faults, { port: 0, target, loggedInAfterMs: 0 });
    client = connect({ host: '127.0.0.1', port: proxy.port });
    client.on('error', () => undefined);
    await new Promise((resolve) => client.once('connect', resolve));
  });
  afterEach(async () => {
    client.destroy();
    await proxy.close();
    await new Promise((resolve) => site.close(resolve));
  });

  /** What the client hears: an answer, or the end. */
  const heard = (text: string): Promise<string> =>
    new Promise((resolve) => {
      client.once('data', (chunk) => resolve(chunk.toString()));
      client.once('close', () => resolve('closed'));
      client.write(text);
    });

  it('passes on what is said both ways', async () => {
    expect([await heard(COMMAND), arrived]).toEqual(['answer', COMMAND]);
  });

  it('cuts the connection before a script arrives, and lets shorter commands be', async () => {
    faults.arm({ fault: 'request_lost', on: 'submit' });
    expect([await heard('short'), await heard(COMMAND)]).toEqual(['answer', 'answer']);
    expect(await heard(SCRIPT)).toBe('closed');
    expect(arrived).toBe(`short${COMMAND}`);
  });

  it('cuts the connection after a script arrived, with no word about it', async () => {
    faults.arm({ fault: 'reply_lost', on: 'submit' });
    expect([await heard(SCRIPT), arrived]).toEqual(['closed', SCRIPT]);
    expect(ledger.counts).toEqual(new Map([['reply_lost', 1]]));
  });
});
