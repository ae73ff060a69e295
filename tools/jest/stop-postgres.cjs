module.exports = async () => {
  await globalThis.meridianTestServer?.stop();
};
