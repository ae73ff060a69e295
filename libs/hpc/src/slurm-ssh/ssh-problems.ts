import { DomainError } from '@meridian/core';
import { SlurmUnreachable } from '../slurm/slurm-client.js';
import type { SshSettings } from './ssh-settings.js';

/** There is no connection; `problem` says why in words for whoever runs the location. */
export class SshUnreachable extends SlurmUnreachable {
  constructor(readonly problem: DomainError) {
    super(problem.message);
  }
}

const problem = (
  kind: 'invalid' | 'unavailable' | 'forbidden',
  code: string,
  message: string,
  action: string,
): DomainError => new DomainError({ kind, code, message, action });

export const hostUnreachable = ({ host, port }: SshSettings, reason: string): DomainError =>
  problem(
    'unavailable',
    'slurm.unreachable',
    `Cannot connect to ${host}, port ${port}: ${reason}.`,
    'Check "host" and "port" of the location and that the host is up; it is tried again by itself.',
  );

export const hostKeyChanged = ({ host, port }: SshSettings, shown: string, known: string): DomainError =>
  problem(
    'forbidden',
    'slurm.host_key_changed',
    `The host key of ${host}, port ${port}, is ${shown} and not ${known}, so nothing was sent to it.`,
    'Ask the site which of them is right; if its key was replaced, put the new one into "host_key" or the known_hosts file.',
  );

export const keyRefused = ({ host, user }: SshSettings, offered: string): DomainError =>
  problem(
    'forbidden',
    'slurm.key_refused',
    `${host} does not let ${user} in with ${offered}.`,
    `Check "user", and that the public key is in ${user}'s authorized_keys at the site.`,
  );

export const keyUnusable = (file: string, reason: string): DomainError =>
  problem(
    'invalid',
    'slurm.key_unusable',
    `${file} cannot be used to log in: ${reason}.`,
    'Correct "private_key_file", "passphrase_file" or the agent of the location, or the permissions of the file.',
  );

export const commandMissing = ({ host }: SshSettings, command: string, said: string): DomainError =>
  problem(
    'invalid',
    'slurm.command_missing',
    `${command} cannot be run on ${host} (${said}).`,
    'Set "commands_directory" to the directory where the site keeps sbatch, squeue, sacct and scancel.',
  );

export const answerUnreadable = ({ host, user }: SshSettings, reason: string): DomainError =>
  problem(
    'unavailable',
    'slurm.answer_unreadable',
    `What ${user}'s shell on ${host} answers cannot be understood: ${reason}.`,
    'Log in as that user, run /bin/sh and squeue there, and see what stands in the way.',
  );

export const slurmSilent = ({ host }: SshSettings, reason: string): DomainError =>
  problem(
    'unavailable',
    'slurm.unanswered',
    `The Slurm of ${host} does not answer: ${reason}.`,
    'Nothing is lost: it is asked again. If it lasts, ask the site.',
  );
