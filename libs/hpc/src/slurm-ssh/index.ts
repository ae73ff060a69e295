export { readSshSettings, type HostKeyPin, type SshSettings } from './ssh-settings.js';
export { SlurmSshClient, type SlurmSshClientOptions } from './slurm-ssh-client.js';
export { RemoteFiles } from './remote-files.js';
export { SshConnection, type SshConnectionOptions } from './ssh-connection.js';
