import { readFile } from 'node:fs/promises';
import { Client, utils, type ConnectConfig, type ServerHostKeyAlgorithm } from 'ssh2';
import { messageOf, type DomainError } from '@meridian/core';
import { fingerprintOf, keyTypeOf, readKnownHosts } from './host-keys.js';
import { hostKeyChanged, hostUnreachable, keyRefused, keyUnusable, SshUnreachable } from './ssh-problems.js';
import type { SshSettings } from './ssh-settings.js';

const HANDSHAKE_SECONDS = 20;
const UNANSWERED_KEEPALIVES = 3;

/**
 * A connection that is logged in. Keys are read anew each time, since sites make people replace them.
 *
 * @throws SshUnreachable
 */
export async function logIn(
  settings: SshSettings,
  inheritedAgent: string | undefined,
  onClose: () => void,
): Promise<Client> {
  const credentials = await readCredentials(settings, inheritedAgent);
  const judge = await readPin(settings);
  const client = new Client();
  let refusedKey: DomainError | null = null;
  return new Promise((resolve, reject) => {
    client.on('ready', () => {
      // Otherwise every small request waits for the acknowledgement of the one before it: 89 ms instead of 13.
      client.setNoDelay(true);
      resolve(client);
    });
    // Stays for as long as the client does: an error without a listener would end the process.
    client.on('error', (error) => reject(new SshUnreachable(refusedKey ?? problemOf(settings, error))));
    client.on('close', () => {
      reject(new SshUnreachable(refusedKey ?? hostUnreachable(settings, 'it closed the connection')));
      onClose();
    });
    client.connect({
      host: settings.host,
      port: settings.port,
      username: settings.user,
      readyTimeout: Math.min(HANDSHAKE_SECONDS, settings.timeoutSeconds) * 1000,
      keepaliveInterval: settings.keepaliveSeconds * 1000,
      keepaliveCountMax: UNANSWERED_KEEPALIVES,
      hostVerifier: (key: Buffer) => {
        refusedKey = judge.refusalOf(key);
        return refusedKey === null;
      },
      ...(judge.algorithms === null ? {} : { algorithms: { serverHostKey: judge.algorithms } }),
      ...credentials,
    });
  });
}

function problemOf(settings: SshSettings, error: Error & { level?: string; code?: string }): DomainError {
  if (error.level === 'client-authentication') {
    const { privateKeyFile } = settings;
    return keyRefused(
      settings,
      privateKeyFile === null ? 'the keys of the agent' : `the key ${privateKeyFile}`,
    );
  }
  if (error.level === 'agent') return keyUnusable('The ssh-agent', error.message);
  return hostUnreachable(settings, error.message.replace(/\.$/, ''));
}

async function readCredentials(
  settings: SshSettings,
  inheritedAgent: string | undefined,
): Promise<Pick<ConnectConfig, 'privateKey' | 'passphrase' | 'agent'>> {
  const { privateKeyFile, passphraseFile, usesAgent } = settings;
  const agent = settings.agentSocket ?? (usesAgent ? inheritedAgent : undefined);
  if (usesAgent && agent === undefined)
    throw new SshUnreachable(keyUnusable('The ssh-agent', 'SSH_AUTH_SOCK is not set for this process'));
  const byAgent = agent === undefined ? {} : { agent };
  if (privateKeyFile === null) return byAgent;
  const privateKey = await readSecret(privateKeyFile);
  const passphrase =
    passphraseFile === null ? null : (await readSecret(passphraseFile)).replace(/\r?\n$/, '');
  const key = utils.parseKey(privateKey, passphrase ?? undefined);
  if (key instanceof Error) throw new SshUnreachable(keyUnusable(privateKeyFile, key.message));
  return { privateKey, ...(passphrase === null ? {} : { passphrase }), ...byAgent };
}

async function readSecret(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new SshUnreachable(keyUnusable(file, messageOf(error)));
  }
}

interface HostKeyJudge {
  /** Kinds of host keys to ask for: those that can be compared. Null: any. */
  readonly algorithms: ServerHostKeyAlgorithm[] | null;
  /** Null: the key is the right one. */
  refusalOf(key: Buffer): DomainError | null;
}

async function readPin(settings: SshSettings): Promise<HostKeyJudge> {
  const { hostKey, host, port } = settings;
  const describe = (key: Buffer): string => `${fingerprintOf(key)} (${keyTypeOf(key)})`;
  if (hostKey.kind === 'fingerprint') {
    const refusalOf = (key: Buffer): DomainError | null =>
      fingerprintOf(key) === hostKey.fingerprint
        ? null
        : hostKeyChanged(settings, describe(key), hostKey.fingerprint);
    return { algorithms: null, refusalOf };
  }
  const known = readKnownHosts(await readSecret(hostKey.file), host, port);
  const keys = known.keys.map(describe).join(' or ') || `any key in ${hostKey.file}`;
  return {
    algorithms: known.keys.length === 0 ? null : known.keys.flatMap(algorithmsOf),
    refusalOf: (key) => {
      const isKnown =
        known.keys.some((one) => one.equals(key)) && !known.revoked.some((one) => one.equals(key));
      return isKnown ? null : hostKeyChanged(settings, describe(key), keys);
    },
  };
}

/** An RSA key is used with several kinds of signatures. */
function algorithmsOf(key: Buffer): ServerHostKeyAlgorithm[] {
  const type = keyTypeOf(key);
  return type === 'ssh-rsa' ? ['rsa-sha2-512', 'rsa-sha2-256'] : [type as ServerHostKeyAlgorithm];
}
