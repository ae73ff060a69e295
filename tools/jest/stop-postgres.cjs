const { rmSync } = require('node:fs');

module.exports = async () => {
  if (globalThis.meridianTestServer === undefined) return;
  const { server, directory } = globalThis.meridianTestServer;
  await server.stop();
  rmSync(directory, { recursive: true, force: true });
};
