import { DomainError, type JsonObject } from '@meridian/core';
import { ConfigReader } from '../config-reader.js';
import { readSshSettings } from './ssh-settings.js';

const FINGERPRINT = 'SHA256:LbxXRi+IffW6Tr+MxZypZ/wbR54OFOt8ncN48JDOrbo';
const LEAST: JsonObject = {
  host: 'login',
  user: 'astro',
  private_key_file: '/keys/id',
  host_key: FINGERPRINT,
};

const read = (settings: JsonObject) =>
  readSshSettings(ConfigReader.of({ name: 'cluster', backendConfig: settings }));

function refusalOf(settings: JsonObject): string {
  try {
    read(settings);
  } catch (error) {
    if (error instanceof DomainError && error.code === 'backend.config_invalid') return error.message;
    throw error;
  }
  return 'nothing was wrong';
}

describe('readSshSettings', () => {
  it('needs a host, a user, something to log in with and a host key', () => {
    expect(read(LEAST)).toEqual({
      host: 'login',
      port: 22,
      user: 'astro',
      privateKeyFile: '/keys/id',
      passphraseFile: null,
      usesAgent: false,
      agentSocket: null,
      hostKey: { kind: 'fingerprint', fingerprint: FINGERPRINT },
      commandsDirectory: null,
      slurmConf: null,
      channels: 8,
      timeoutSeconds: 45,
      keepaliveSeconds: 15,
    });
  });

  it('takes everything that can be set', () => {
    const settings = {
      host: 'login',
      port: 2222,
      user: 'astro',
      agent: true,
      agent_socket: '/run/agent',
      passphrase_file: '/keys/passphrase',
      known_hosts_file: '/keys/known_hosts',
      commands_directory: '/opt/slurm/bin',
      slurm_conf: '/opt/slurm/etc/slurm.conf',
      channels: 2,
      timeout_seconds: 100,
      keepalive_seconds: 60,
    };
    expect(read(settings)).toEqual({
      host: 'login',
      port: 2222,
      user: 'astro',
      privateKeyFile: null,
      passphraseFile: '/keys/passphrase',
      usesAgent: true,
      agentSocket: '/run/agent',
      hostKey: { kind: 'known_hosts', file: '/keys/known_hosts' },
      commandsDirectory: '/opt/slurm/bin',
      slurmConf: '/opt/slurm/etc/slurm.conf',
      channels: 2,
      timeoutSeconds: 100,
      keepaliveSeconds: 60,
    });
  });

  it.each<[string, JsonObject, string]>([
    ['host', { ...LEAST, host: 7 }, '"host" is not a text'],
    ['port', { ...LEAST, port: 70_000 }, '"port" is no port'],
    ['private_key_file', { host: 'a', user: 'b', host_key: FINGERPRINT }, '"private_key_file" is missing'],
    ['host_key', { host: 'a', user: 'b', agent: true }, '"host_key" is missing'],
    ['fingerprint', { ...LEAST, host_key: 'MD5:00:11' }, '"host_key" is not a fingerprint'],
    [
      'known_hosts_file',
      { ...LEAST, known_hosts_file: '/a' },
      '"known_hosts_file" is given beside "host_key"',
    ],
    [
      'commands_directory',
      { ...LEAST, commands_directory: 'bin' },
      '"commands_directory" is not an absolute path',
    ],
    [
      'timeout_seconds',
      { ...LEAST, timeout_seconds: 1 },
      '"timeout_seconds" is not a whole number of at least 5',
    ],
  ])('says what is wrong with %s', (_, settings, message) => {
    expect(refusalOf(settings)).toContain(message);
  });
});
