import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseImageReference, type RegistryImage } from '@meridian/core';
import { resolveDigest } from './registry.js';

const MANIFEST = '{"schemaVersion":2}';
const DIGEST = `sha256:${createHash('sha256').update(MANIFEST).digest('hex')}`;

describe('what a tag means', () => {
  const servers: Server[] = [];
  const home = mkdtempSync(join(tmpdir(), 'meridian-registry-'));
  const credentialsFile = join(home, 'docker-config.json');
  afterAll(() => {
    servers.forEach((server) => server.close());
    rmSync(home, { recursive: true });
  });

  const serve = async (answer: RequestListener): Promise<string> => {
    const server = createServer(answer).listen(0, '127.0.0.1');
    servers.push(server);
    await new Promise((resolve) => server.once('listening', resolve));
    return `127.0.0.1:${(server.address() as AddressInfo).port}`;
  };
  const ask = (registry: string): Promise<string> =>
    resolveDigest(
      parseImageReference(`oras://${registry}/group/tool:1`) as RegistryImage,
      { insecureRegistries: new Set([registry]), credentialsFile },
      new AbortController().signal,
    );

  it('is the digest of the manifest that the registry sends', async () => {
    const asked: unknown[] = [];
    const registry = await serve((request, response) => {
      asked.push(request.url);
      response.end(MANIFEST);
    });
    expect(await ask(registry)).toBe(DIGEST);
    expect(asked).toEqual(['/v2/group/tool/manifests/1']);
  });

  it('is told to anybody who fetches a token first', async () => {
    const registry = await serve((request, response) => {
      if (request.url?.startsWith('/token') === true) {
        const scope = new URL(request.url, 'http://x').searchParams.get('scope');
        response.end(JSON.stringify({ token: `for ${scope}` }));
      } else if (request.headers.authorization === 'Bearer for repository:group/tool:pull')
        response.end(MANIFEST);
      else
        response
          .writeHead(401, {
            'www-authenticate': `Bearer realm="http://${registry}/token",service="r",scope="repository:group/tool:pull"`,
          })
          .end();
    });
    expect(await ask(registry)).toBe(DIGEST);
  });

  it('is told to whoever has logged in with the runtime', async () => {
    const auth = Buffer.from('me:secret').toString('base64');
    const registry = await serve((request, response) => {
      if (request.headers.authorization === `Basic ${auth}`) response.end(MANIFEST);
      else response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end();
    });
    await expect(ask(registry)).rejects.toThrow(
      /is refused by registry .*: log in with "apptainer registry login"/,
    );
    writeFileSync(credentialsFile, JSON.stringify({ auths: { [registry]: { auth } } }));
    expect(await ask(registry)).toBe(DIGEST);
  });

  it.each([
    [404, 'it has no group/tool:1'],
    [403, 'is refused by registry'],
    [500, 'answers with HTTP 500'],
  ])('is not known after HTTP %i', async (status, words) => {
    const registry = await serve((_, response) => response.writeHead(status).end());
    await expect(ask(registry)).rejects.toThrow(words);
  });

  it('is not known when nobody answers, or the answer breaks off', async () => {
    const silent = await serve((_, response) => response.destroy());
    await expect(ask(silent)).rejects.toThrow(/registry \S+ does not answer \(/);
    const broken = await serve((_, response) => {
      response.writeHead(200, { 'content-length': '100' }).write('{');
      setImmediate(() => response.destroy());
    });
    await expect(ask(broken)).rejects.toThrow(/does not answer/);
  });
});
