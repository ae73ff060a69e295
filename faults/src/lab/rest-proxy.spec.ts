import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Ledger } from '../ledger.js';
import { ArmedFaults, type SiteProxy } from './armed-faults.js';
import { startRestProxy } from './rest-proxy.js';

const SUBMIT = '/slurm/v0.0.38/job/submit';

describe('the proxy in front of slurmrestd', () => {
  let site: Server;
  let proxy: SiteProxy;
  let faults: ArmedFaults;
  let ledger: Ledger;
  let arrived: string[];
  beforeEach(async () => {
    arrived = [];
    site = createServer((request, response) => {
      arrived.push(`${request.method} ${request.url}`);
      response.writeHead(500, { 'content-type': 'application/json' }).end('{"job_id":7}');
    });
    await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve));
    ledger = new Ledger(() => new Date(0));
    faults = new ArmedFaults(ledger);
    const target = `http://127.0.0.1:${(site.address() as AddressInfo).port}`;
    proxy = await startRestProxy(faults, { port: 0, target });
  });
  afterEach(async () => {
    await proxy.close();
    await new Promise((resolve) => site.close(resolve));
  });

  const submit = (): Promise<Response> =>
    fetch(`http://127.0.0.1:${proxy.port}${SUBMIT}`, {
      method: 'POST',
      body: '{"job":{"name":"mrd-abc-1-1"}}',
    });

  it('passes on what is asked and what is answered', async () => {
    const answer = await submit();
    expect([answer.status, await answer.text(), arrived]).toEqual([500, '{"job_id":7}', [`POST ${SUBMIT}`]]);
  });

  it('loses a request before the site hears of it', async () => {
    faults.arm({ fault: 'request_lost', on: 'submit' });
    await expect(submit()).rejects.toThrow();
    expect(arrived).toEqual([]);
  });

  it('loses an answer after the site did what was asked, and says to whom', async () => {
    faults.arm({ fault: 'reply_lost', on: 'submit' });
    await expect(submit()).rejects.toThrow();
    expect(arrived).toEqual([`POST ${SUBMIT}`]);
    expect(ledger.lines.at(-1)).toContain('mrd-abc-1-1');
  });

  it('closes on its client when the site is away', async () => {
    await new Promise((resolve) => site.close(resolve));
    await expect(submit()).rejects.toThrow();
    await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve));
  });
});
