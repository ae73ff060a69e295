import type { ConfigReader } from '../config-reader.js';

/** What a site's host key is compared with. */
export type HostKeyPin =
  | { readonly kind: 'fingerprint'; readonly fingerprint: string }
  | { readonly kind: 'known_hosts'; readonly file: string };

/** How a login node is reached, and where its Slurm is. */
export interface SshSettings {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly privateKeyFile: string | null;
  readonly passphraseFile: string | null;
  /** Whether the ssh-agent that the process was started with is asked for keys. */
  readonly usesAgent: boolean;
  /** The socket of another one. */
  readonly agentSocket: string | null;
  readonly hostKey: HostKeyPin;
  /** Where sbatch and the others are; null when the login shell finds them. */
  readonly commandsDirectory: string | null;
  readonly slurmConf: string | null;
  /** Commands at the same time over the one connection. sshd allows ten unless told otherwise. */
  readonly channels: number;
  readonly timeoutSeconds: number;
  readonly keepaliveSeconds: number;
}

const FINGERPRINT = /^SHA256:[A-Za-z0-9+/]{43}$/;

/**
 * The settings of a slurm-ssh location that say how to reach it.
 *
 * @throws DomainError `backend.config_invalid`
 */
export function readSshSettings(reader: ConfigReader): SshSettings {
  const settings: SshSettings = {
    host: reader.text('host'),
    port: reader.whole('port', 22),
    user: reader.text('user'),
    privateKeyFile: reader.optionalPath('private_key_file'),
    passphraseFile: reader.optionalPath('passphrase_file'),
    usesAgent: reader.flag('agent', false),
    agentSocket: reader.optionalPath('agent_socket'),
    hostKey: readHostKey(reader),
    commandsDirectory: reader.optionalPath('commands_directory'),
    slurmConf: reader.optionalPath('slurm_conf'),
    channels: reader.whole('channels', 8),
    // sbatch notices a dead slurmctld after Slurm's MessageTimeout, 30 s at most sites, and only it can tell that nothing was handed in.
    timeoutSeconds: reader.whole('timeout_seconds', 45, 5),
    keepaliveSeconds: reader.whole('keepalive_seconds', 15),
  };
  if (settings.port > 65_535) reader.refuse('port', 'is no port');
  if (settings.privateKeyFile === null && settings.agentSocket === null && !settings.usesAgent)
    reader.refuse('private_key_file', 'is missing, and so is "agent": there is nothing to log in with');
  return settings;
}

function readHostKey(reader: ConfigReader): HostKeyPin {
  const fingerprint = reader.optionalText('host_key');
  const file = reader.optionalPath('known_hosts_file');
  if (fingerprint === null && file === null)
    return reader.refuse('host_key', 'is missing, and so is "known_hosts_file": any host could answer');
  if (fingerprint === null) return { kind: 'known_hosts', file: file ?? '' };
  if (file !== null) return reader.refuse('known_hosts_file', 'is given beside "host_key": use one of them');
  const bare = fingerprint.replace(/=+$/, '');
  return FINGERPRINT.test(bare)
    ? { kind: 'fingerprint', fingerprint: bare }
    : reader.refuse('host_key', 'is not a fingerprint as ssh-keygen -l prints it: "SHA256:…"');
}
