import { ATTEMPT_FILES } from '../execution/attempt-paths.js';
import { CONTRACT_VERSION } from '../execution/manifest.js';

/**
 * The constant part of the job script that walks the output directory, hashes it, and writes the record.
 *
 * No file name is ever read from a stream: names come from the shell's own expansion and go to programs as arguments, so
 * that no character in them can matter. Files are hashed in batches, each batch a background job, `hashers` at a time; every
 * hasher appends to a part file of its own under the claim, and the parts become one list at the end.
 */
export const COLLECT_OUTPUTS = `
newline='
'
collect_outputs() {
  slot=0
  collected=true
  while [ "$slot" -lt "$hashers" ]; do
    { true >"$claim/files.$slot" && true >"$claim/skipped.$slot"; } 2>/dev/null || return 1
    eval "worker_$slot="
    slot=$((slot + 1))
  done
  { true >"$claim/skipped.walk"; } 2>/dev/null || return 1
  slot=0
  walk "$directory/${ATTEMPT_FILES.output}"
  slot=0
  while [ "$slot" -lt "$hashers" ]; do
    await_slot
    slot=$((slot + 1))
  done
  [ "$collected" = true ]
}

await_slot() {
  eval "pid=\\$worker_$slot"
  if [ -n "$pid" ]; then
    wait "$pid" || collected=false
    eval "worker_$slot="
  fi
}

# Links are never followed: what they lead to is either in the walk anyway or not this run's product.
walk() {
  if [ ! -r "$1" ] || [ ! -x "$1" ]; then
    skip unreadable "$1" >>"$claim/skipped.walk" || collected=false
    return
  fi
  walked=$1
  set --
  for entry in "$walked"/* "$walked"/.[!.]* "$walked"/..?*; do
    if [ -L "$entry" ]; then
      skip symlink "$entry" >>"$claim/skipped.walk" || collected=false
    elif [ -d "$entry" ]; then
      walk "$entry"
    elif [ -f "$entry" ]; then
      set -- "$@" "$entry"
      if [ $# -ge 64 ]; then
        hash_batch "$@"
        set --
      fi
    elif [ -e "$entry" ]; then
      skip special "$entry" >>"$claim/skipped.walk" || collected=false
    fi
  done
  if [ $# -gt 0 ]; then hash_batch "$@"; fi
}

# One hasher alone is this shell itself: a job of one CPU makes no process for it.
hash_batch() {
  slot=$(((slot + 1) % hashers))
  if [ "$hashers" -eq 1 ]; then
    describe "$@" >>"$claim/files.$slot" 2>/dev/null || collected=false
    return
  fi
  await_slot
  describe "$@" >>"$claim/files.$slot" 2>/dev/null &
  eval "worker_$slot=$!"
}

# One line per file, in the order given; when one of a batch cannot be read the lines no longer match, so each is done alone.
describe() {
  if facts=$(stat -c '%s %Y' -- "$@") && read_sums "$@"; then
    facts=$facts$newline
    sums=$sums$newline
    for file do
      fact=\${facts%%"$newline"*}
      facts=\${facts#*"$newline"}
      sum=\${sums%%"$newline"*}
      sums=\${sums#*"$newline"}
      # sha256sum puts a backslash before the line of a name that it had to escape.
      sum=\${sum#\\\\}
      name_of "$file"
      printf ',{%s,"size_bytes":%s,"mtime":%s,"sha256":"%s"}\\n' "$name" "\${fact% *}" "\${fact#* }" "\${sum%% *}" || return 1
    done
  elif [ $# -gt 1 ]; then
    for file do
      describe_one "$file" || return 1
    done
  else
    skip unreadable "$1" >>"$claim/skipped.$slot"
  fi
}

# The sums of files whose facts are known, a line each. Where there is much to read, openssl uses what the processor has for it, and is three times as
# fast as a sha256sum that does not; it takes longer to start, and not every version escapes a name of two lines.
read_sums() {
  case "$*" in
    *"$newline"*) ;;
    *)
      if is_much && sums=$(OPENSSL_CONF=/dev/null openssl dgst -sha256 -r "$@" 2>/dev/null); then
        sum=\${sums%% *}
        case $sum in *[!0-9a-f]*) sum= ;; esac
        if [ "\${#sum}" -eq 64 ]; then return 0; fi
      fi
      ;;
  esac
  sums=$(sha256sum -- "$@")
}

is_much() {
  bytes=0
  rest=$facts$newline
  while [ -n "$rest" ]; do
    fact=\${rest%%"$newline"*}
    rest=\${rest#*"$newline"}
    bytes=$((bytes + \${fact%% *}))
  done
  [ "$bytes" -ge 4194304 ]
}

# In a subshell, because describe loops over the same variables.
describe_one() (
  describe "$1"
)

skip() {
  name_of "$2"
  printf ',{%s,"reason":"%s"}\\n' "$name" "$1"
}

# A name of harmless characters is text, any other is base64 of its bytes: no escaping that could be got wrong.
name_of() {
  relative=\${1#"$directory/${ATTEMPT_FILES.output}"}
  relative=\${relative#/}
  case $relative in
    '' | *[!A-Za-z0-9._/=+@,:%\\ -]*) name="\\"path_base64\\":\\"$(printf '%s' "\${relative:-.}" | base64 -w 0)\\"" ;;
    *) name="\\"path\\":\\"$relative\\"" ;;
  esac
}

# "times" prints minutes and seconds, such as 0m1.230000s; only centiseconds are kept.
read_cpu_seconds() {
  cpu_seconds=null
  { { read -r line && read -r user system; } <"$claim/times"; } 2>/dev/null || return 0
  centiseconds=0
  for spent in "$user" "$system"; do
    whole=\${spent#*m}
    whole=\${whole%%.*}
    fraction=\${spent#*.}00
    fraction=\${fraction%"\${fraction#??}"}
    case "\${spent%%m*}$whole$fraction" in *[!0-9]*) return 0 ;; esac
    centiseconds=$((centiseconds + \${spent%%m*} * 6000 + whole * 100 + 1$fraction - 100))
  done
  fraction=$((100 + centiseconds % 100))
  cpu_seconds=$((centiseconds / 100)).\${fraction#1}
}

read_peak_memory() {
  peak_memory_mb=null
  { read -r peak_kb <"$claim/peak_memory_kb"; } 2>/dev/null || return 0
  case $peak_kb in '' | *[!0-9]*) return 0 ;; esac
  peak_memory_mb=$((peak_kb / 1024)).$((peak_kb % 1024 * 10 / 1024))
}

# Asked when the step fails: a program that could not write could not say so on this disk either.
read_disk_full() {
  disk_full=false
  if [ "$exit_code" -eq 0 ]; then return 0; fi
  room_kb=$(df -k --output=avail "$directory" 2>/dev/null) || return 0
  room_kb=\${room_kb##*"$newline"}
  room_kb=\${room_kb##* }
  case $room_kb in '' | *[!0-9]*) return 0 ;; esac
  if [ "$room_kb" -lt 64 ]; then disk_full=true; fi
}

# When the step began and ended, by the files that were written at these moments: one process instead of one for each.
read_moments() {
  moments=$(TZ=UTC0 stat -c %y -- "$claim/token" "$claim/times" 2>/dev/null) || moments=
  case $moments in
    [12][0-9][0-9][0-9]-*"$newline"[12][0-9][0-9][0-9]-*)
      iso_of "\${moments%%"$newline"*}"
      started_at=$iso
      iso_of "\${moments##*"$newline"}"
      ended_at=$iso
      ;;
    *)
      ended_at=$(date -u +%Y-%m-%dT%H:%M:%SZ)
      started_at=$ended_at
      ;;
  esac
}

# stat prints 2026-11-21 03:55:03.123456789 +0000
iso_of() {
  iso=\${1%%.*}
  iso=\${iso%% *}T\${iso#* }Z
}

read_host() {
  host=
  { read -r host </proc/sys/kernel/hostname; } 2>/dev/null || host=$(uname -n)
}

plain_or() {
  case $1 in
    '' | *[!A-Za-z0-9._:@-]*) plain=$2 ;;
    *) plain="\\"$1\\"" ;;
  esac
}

record_head() {
  read_host
  plain_or "$host" '"unknown"'
  host=$plain
  plain_or "$job_id" null
  printf '{"contract_version":${CONTRACT_VERSION},"token":"%s","run_id":%s,"attempt":%s,"exit_code":%s,"host":%s,"job_id":%s,' \\
    "$token" "$run_id" "$attempt" "$exit_code" "$host" "$plain" &&
    printf '"started_at":"%s","ended_at":"%s","cpu_seconds":%s,"peak_memory_mb":%s,"was_stopped":%s,"disk_full":%s,\\n' \\
      "$started_at" "$ended_at" "$cpu_seconds" "$peak_memory_mb" "$stopped" "$disk_full"
}

# The parts of a list as one, without the comma that its first line starts with. Short lists, as most are, need no process.
list_of() {
  for part do
    if [ -s "$part" ]; then
      if [ "$is_first" = true ]; then
        is_first=false
        print_first_part <"$part" || return 1
      else
        cat "$part" || return 1
      fi
    fi
  done
}

print_first_part() {
  IFS= read -r line && printf '%s\\n' "\${line#,}" || return 1
  if IFS= read -r line; then printf '%s\\n' "$line" && cat; fi
}

# The record is on disk before it gets its name, so that a node that dies leaves none rather than an empty one.
write_record() {
  read_cpu_seconds
  read_peak_memory
  read_moments
  record="$directory/${ATTEMPT_FILES.result}.part"
  {
    is_first=true
    record_head && printf '"files":[' && list_of "$claim"/files.* && printf '],\\n"skipped":[' || return 1
    is_first=true
    list_of "$claim"/skipped.* && printf ']}\\n' || return 1
  } 2>/dev/null >"$record" || return 1
  sync "$record" 2>/dev/null && mv -f "$record" "$directory/${ATTEMPT_FILES.result}"
}
`.trim();
