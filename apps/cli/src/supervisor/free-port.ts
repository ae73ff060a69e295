import { createServer } from 'node:net';

/** `preferred` when nothing listens on it, else a free port, on the loopback interface. */
export async function freePort(preferred: number | null): Promise<number> {
  if (preferred !== null && (await listensOn(preferred)) !== null) return preferred;
  const port = await listensOn(0);
  if (port === null) throw new Error('no free TCP port on 127.0.0.1');
  return port;
}

function listensOn(port: number): Promise<number | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => {
      resolve(null);
    });
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => {
        resolve(typeof address === 'object' && address !== null ? address.port : null);
      });
    });
  });
}
