/**
 * What an error number of Slurm's (slurm/slurm_errno.h) says about the request that got it.
 *
 * - `refused`: understood, and the answer is no
 * - `later`: not carried out, for a cause that passes
 * - `token`: not carried out, because of the token
 * - `token_or_silence`: how 22.05 answers a bad token, and how it answers when slurmctld went away in the middle
 * - `silence`: may have been carried out
 * - `remark`: carried out, with a remark
 * - `gone`: there is no such job (any more), or it has ended
 * - `nothing`: asked, found nothing
 * - `unchanged`: nothing happened since the time that was asked about
 */
export type ErrorMeaning =
  | 'refused'
  | 'later'
  | 'token'
  | 'token_or_silence'
  | 'silence'
  | 'remark'
  | 'gone'
  | 'nothing'
  | 'unchanged';

const MEANINGS: Readonly<Record<number, ErrorMeaning>> = {
  // "Unspecified error": 22.05 on a token it does not take (at once), and on a slurmctld that is down (after 29 s).
  [-1]: 'token_or_silence',
  // "Operation not permitted": errno of a system call; 24.11 when slurmctld is down during a cancellation.
  1: 'silence',
  // SLURM_PROTOCOL_VERSION_ERROR: slurmctld was upgraded and slurmrestd was not.
  1005: 'later',
  // SLURM_PROTOCOL_AUTHENTICATION_ERROR: expired, forged, or somebody else's token. 22.05 has it on /slurmdb, with HTTP 200.
  1007: 'token',
  // SLURMCTLD_COMMUNICATIONS_CONNECTION_ERROR: no connection to slurmctld, so it heard nothing.
  1800: 'later',
  // …_SEND_ERROR, …_RECEIVE_ERROR, …_SHUTDOWN_ERROR: it may have heard all of it.
  1801: 'silence',
  1802: 'silence',
  1803: 'silence',
  // …_BACKOFF and …_HARD_DROP: its rate limit.
  1804: 'later',
  1805: 'later',
  // SLURM_NO_CHANGE_IN_DATA.
  1900: 'unchanged',
  // Partition: invalid; no default.
  2000: 'refused',
  2001: 'refused',
  // ESLURM_ACCESS_DENIED.
  2002: 'refused',
  // Groups of the partition; nodes not in it; too many CPUs; invalid node count.
  2003: 'refused',
  2004: 'refused',
  2005: 'refused',
  2006: 'refused',
  // ESLURM_MAX_JOB_COUNT: the cluster's queue is full.
  2007: 'later',
  // Missing size, script or user id; path too long.
  2008: 'refused',
  2009: 'refused',
  2010: 'refused',
  2012: 'refused',
  // ESLURM_REQUESTED_NODE_CONFIG_UNAVAILABLE: no node is that large.
  2014: 'refused',
  // ESLURM_REQUESTED_PART_CONFIG_UNAVAILABLE: the job is in the queue all the same, see `readAcceptance`.
  2015: 'remark',
  // ESLURM_NODES_BUSY.
  2016: 'remark',
  // ESLURM_INVALID_JOB_ID.
  2017: 'gone',
  // ESLURM_WRITING_TO_FILE: slurmctld could not save the script (its disk is full); 24.11 also when there is no environment.
  2019: 'later',
  // ESLURM_TRANSITION_STATE_NO_UPDATE; ESLURM_ALREADY_DONE.
  2020: 'gone',
  2021: 'gone',
  // ESLURM_IN_STANDBY_MODE: a backup controller that is not in charge.
  2027: 'later',
  // Features; dependency.
  2029: 'refused',
  2038: 'refused',
  // ESLURM_LICENSES_UNAVAILABLE: it waits for them.
  2040: 'remark',
  // ESLURM_JOB_HELD.
  2042: 'remark',
  // Memory; account.
  2044: 'refused',
  2045: 'refused',
  // ESLURM_ACCOUNTING_POLICY: at submission this is the limit on jobs in the queue, unless the site also denies sizes over a limit.
  2050: 'later',
  // Time limit; reservation: no access, invalid.
  2051: 'refused',
  2052: 'refused',
  2053: 'refused',
  // ESLURM_RESERVATION_BUSY, …_NOT_USABLE: it waits.
  2055: 'remark',
  2056: 'remark',
  // No working directory; QOS.
  2063: 'refused',
  2066: 'refused',
  // ESLURM_NODE_NOT_AVAIL: all that fit are down, drained or reserved; it waits. 22.05 has it beside the job id.
  2068: 'remark',
  2069: 'refused',
  // ESLURM_PARTITION_NOT_AVAIL.
  2070: 'later',
  2072: 'refused',
  // ESLURM_QOS_THRES.
  2074: 'refused',
  // ESLURM_CAN_NOT_START_IMMEDIATELY.
  2078: 'remark',
  // ESLURM_INVALID_ARRAY: bad indices, or above MaxArraySize.
  2081: 'refused',
  // ESLURM_PARTITION_DOWN; ESLURM_SUBMISSIONS_DISABLED.
  2101: 'later',
  2105: 'later',
  // ESLURM_DEFER: the scheduler looks at it later.
  2125: 'remark',
  2127: 'refused',
  // ESLURM_PARTITION_ASSOC; ESLURM_IN_STANDBY_USE_BACKUP.
  2130: 'refused',
  2131: 'later',
  // "Zero Bytes were transmitted or received": 22.05's slurmctld hung up, because of the token or because it died.
  5005: 'token_or_silence',
  // Authentication plugin: invalid, expired, malformed credential.
  6000: 'token',
  6001: 'token',
  6004: 'token',
  6007: 'token',
  // ESLURM_DB_CONNECTION: slurmdbd is down (22.05: with HTTP 200); since 24.11 on an expired token too.
  7000: 'later',
  7008: 'later',
  // ESLURM_DB_QUERY_TOO_WIDE, ESLURM_RESULT_TOO_LARGE: the site bounds what may be asked at once.
  7006: 'refused',
  7007: 'refused',
  // REST: bad query, not parsed, no job in it; found nothing; URL, method, request.
  9000: 'refused',
  9001: 'refused',
  9002: 'refused',
  9003: 'nothing',
  9007: 'refused',
  9008: 'token',
  9009: 'refused',
  // Data parser: cannot convert, expected a dictionary.
  9202: 'refused',
  9209: 'refused',
};

export const meaningOf = (code: number): ErrorMeaning => MEANINGS[code] ?? 'silence';
