import { SlurmRefusal, SlurmSilence, SlurmUnreachable } from '../slurm/slurm-client.js';
import type { CommandAnswer } from './shell-program.js';

type Verdict = 'refused' | 'not_asked' | 'unclear';

/**
 * What a command's complaint proves, the first match counting. The texts are Slurm's own (slurm_errno.c), the same from 22.05 to 26.05.
 *
 * `not_asked`: nothing took effect, and it may go better later. `unclear`: the request may have arrived.
 */
const VERDICTS: readonly (readonly [RegExp, Verdict])[] = [
  [/Socket timed out|Zero Bytes were transmitted|\((send|receive|shutdown) failure\)/, 'unclear'],
  [/Message (send|receive) failure|Communication shutdown|Unexpected message|Insane message/, 'unclear'],
  [
    /Connection reset|Connection timed out|Broken pipe|endpoint is not connected|Unspecified error/,
    'unclear',
  ],
  // These are about a request or about its answer, which is too late to have no effect.
  [/decode failed|Expired credential|Rewound|Replayed|Protocol (authentication|version)/, 'unclear'],
  [/Incompatible versions|auth_g_verify/, 'unclear'],
  [/\(connect failure\)|Communication connection failure|Connection refused|standby mode/, 'not_asked'],
  [/munge|configuration source|[Uu]nable to process configuration|: fatal: /i, 'not_asked'],
  [/temporarily unable|Resource temporarily|Problem talking to the database/, 'not_asked'],
  [/Unable to contact/, 'unclear'],
  // Limits and states of a site that pass by themselves.
  [/MaxSubmit|Required partition not available|presently disabled|I\/O error writing/, 'not_asked'],
  [/Batch job submission failed: /, 'refused'],
  // sbatch looks at its options and at the script before it asks anybody.
  [/sbatch: error: (Invalid|--|Batch script|This does not look)|[Uu]nrecognized option/, 'refused'],
  [/Access\/permission denied|accounting storage is disabled/, 'refused'],
];

/** How timeout(1) and the shell report that a command never ran, or was ended by them. */
const NEVER_RAN = [126, 127];
const TIMED_OUT = [124, 137];

/** The error that a failed command amounts to. */
export function errorOf(command: string, { exit, stderr, stdout }: CommandAnswer): Error {
  const said = stderr.trim() === '' ? stdout.trim() : stderr.trim();
  const text = `${command}: ${summaryOf(said) || silenceOf(exit)}`;
  switch (verdictOf(exit, said)) {
    case 'refused':
      return new SlurmRefusal(text);
    case 'not_asked':
      return new SlurmUnreachable(text);
    case 'unclear':
      return new SlurmSilence(text);
  }
}

/** The program itself is not there or cannot be run. */
export const neverRan = ({ exit, stderr }: Pick<CommandAnswer, 'exit' | 'stderr'>): boolean =>
  NEVER_RAN.includes(exit) && /not found|No such file|ermission denied|cannot execute/.test(stderr);

const silenceOf = (exit: number): string =>
  TIMED_OUT.includes(exit) ? 'no answer in time' : `it ended with exit code ${exit} and said nothing`;

function verdictOf(exit: number, said: string): Verdict {
  if (neverRan({ exit, stderr: said })) return 'not_asked';
  return VERDICTS.find(([pattern]) => pattern.test(said))?.[1] ?? 'unclear';
}

/** Slurm's own words without the program's name: its last error says why, those before it which part. */
function summaryOf(said: string): string {
  const lines = said.split('\n').map((line) => line.replace(/^\w+: (error|fatal): /, '').trim());
  return [...new Set(lines.filter((line) => line !== ''))].slice(-4).join('; ').slice(0, 500);
}

/** Jobs that ended or never were are no error to those who want them gone. */
const HARMLESS = /Invalid job id|already complet|already finish/i;

/** The error of an scancel whose every line is about one job; null when nothing worse happened than that there was nothing to cancel. */
export function cancelErrorOf(answer: CommandAnswer): Error | null {
  if (answer.exit === 0) return null;
  const lines = answer.stderr.split('\n').filter((line) => line.trim() !== '');
  const worse = lines.filter((line) => !HARMLESS.test(line));
  if (worse.length === 0 && lines.length > 0) return null;
  const errors = worse.map((line) => errorOf('scancel', { ...answer, stderr: line }));
  return (
    errors.find((error) => error instanceof SlurmSilence) ??
    errors.find((error) => error instanceof SlurmUnreachable) ??
    errors[0] ??
    errorOf('scancel', answer)
  );
}
