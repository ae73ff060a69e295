import { quoteShell } from '@meridian/core';

/** One command of a program that a login node runs. */
export interface RemoteCommand {
  readonly argv: readonly string[];
  /** Null: it reads nothing. */
  readonly stdin: string | null;
}

/** How one command of a program ended and what it said. */
export interface CommandAnswer {
  readonly exit: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * All that commands get of the login node's environment. A profile may set others that change what they do (SBATCH_ARRAY_INX, SQUEUE_STATES),
 * and the job would start with the rest. What a site presets for its users' jobs is theirs to preset.
 */
const KEPT = [
  ...['PATH', 'HOME', 'USER', 'LOGNAME', 'LD_LIBRARY_PATH', 'SLURM_CONF'],
  ...['ACCOUNT', 'PARTITION', 'QOS', 'RESERVATION', 'CONSTRAINT'].map((name) => `SBATCH_${name}`),
];

/**
 * A program for `/bin/sh -s` that runs commands and frames their answers so that nothing else can be taken for them.
 *
 * All of it is one function that is called in the last line: a connection that is cut while the program is on its way leaves a shell
 * with half a function, which runs nothing, instead of an sbatch with half a script. The answers come together at the end,
 * between marked lines and with their checksum, so that neither a login banner nor a cut-off reply can pass for an answer.
 *
 * `marker`: letters and digits that occur nowhere else; new for every program. Every command is ended after `timeoutSeconds`,
 * so that none is left behind that acts later.
 */
export function buildProgram(options: {
  readonly marker: string;
  readonly commands: readonly RemoteCommand[];
  readonly environment: Readonly<Record<string, string>>;
  readonly timeoutSeconds: number;
  /** The commands after one that failed are left out. */
  readonly stopsAtFailure?: boolean;
}): string {
  const { marker, commands, environment, timeoutSeconds, stopsAtFailure = false } = options;
  const kept = KEPT.map((name) => `\${${name}+"${name}=$${name}"}`).join(' ');
  const given = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
  const prefix = `env -i ${kept} ${quoteShell([...given, 'timeout', '-k', '2', String(timeoutSeconds)])}`;
  return [
    'meridian() {',
    `mark=${marker}`,
    'run() {',
    `  printf '%s run\\n' "$mark"`,
    `  { out=$(${prefix} "$@"); code=$?; printf '%s exit %s\\n%s\\n' "$mark" "$code" "$out"; } 2>&1`,
    '  return $code',
    '}',
    'commands() {',
    ...commands.map(({ argv, stdin }) => {
      const call = `run ${quoteShell(argv)}`;
      const next = stopsAtFailure ? ' || return' : '';
      return stdin === null
        ? `${call} </dev/null${next}`
        : `${call} <<'${marker}'${next}\n${stdin}\n${marker}`;
    }),
    '}',
    'body=$(commands)',
    `printf '%s begin\\n%s\\n%s end ' "$mark" "$body" "$mark"`,
    `printf '%s' "$body" | cksum`,
    'exit',
    '}',
    'meridian',
    '',
  ].join('\n');
}

/** The answers of the commands of a program that ran; null unless they are all there, whole and unharmed. */
export function readAnswers(marker: string, stdout: Buffer): CommandAnswer[] | null {
  // Byte for byte, so that positions and lengths are those that cksum counted.
  const text = stdout.toString('latin1');
  const end = new RegExp(`\\n${marker} end (\\d+) (\\d+)\\n`).exec(text);
  if (end === null) return null;
  const begin = `${marker} begin\n`;
  const start = text.lastIndexOf(begin, end.index);
  if (start === -1) return null;
  const body = stdout.subarray(start + begin.length, end.index);
  if (body.length !== Number(end[2]) || posixChecksum(body) !== Number(end[1])) return null;
  const [before, ...parts] = body.toString('utf8').split(`${marker} run\n`);
  const answers = parts.flatMap((part) => readAnswer(marker, part));
  return before === '' && answers.length === parts.length ? answers : null;
}

function readAnswer(marker: string, part: string): CommandAnswer[] {
  const [all, exit] = new RegExp(`${marker} exit (\\d+)(?:\\n|$)`).exec(part) ?? [];
  if (all === undefined) return [];
  const at = part.indexOf(all);
  return [
    { exit: Number(exit), stderr: part.slice(0, at), stdout: part.slice(at + all.length).replace(/\n$/, '') },
  ];
}

const CHECKSUM_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let remainder = byte << 24;
  for (let bit = 0; bit < 8; bit++)
    remainder = remainder & 0x80000000 ? (remainder << 1) ^ 0x04c11db7 : remainder << 1;
  return remainder >>> 0;
});

/** The checksum of POSIX `cksum`: a CRC-32 over the bytes and then over their number. */
export function posixChecksum(bytes: Uint8Array): number {
  let sum = 0;
  const add = (byte: number): void => {
    sum = ((sum << 8) ^ (CHECKSUM_TABLE[((sum >>> 24) ^ byte) & 0xff] ?? 0)) >>> 0;
  };
  bytes.forEach(add);
  for (let length = bytes.length; length > 0; length = Math.floor(length / 256)) add(length & 0xff);
  return ~sum >>> 0;
}
