import { ATTEMPT_FILES } from '../execution/attempt-paths.js';
import {
  FENCED_EXIT_CODE,
  NOT_CLAIMABLE_EXIT_CODE,
  RECORD_NOT_WRITTEN_EXIT_CODE,
  REQUEUED_EXIT_CODE,
} from '../output/result-record.js';

/**
 * The constant part of the job script: claim, heartbeat, signals, the step itself, and the order of everything.
 *
 * LC_ALL=C makes patterns work on bytes in every shell; the step gets the locale that the job came with.
 */
export const RUN_STEP = `
saved_locale="\${LC_ALL-}"
had_locale="\${LC_ALL+yes}"
LC_ALL=C
export LC_ALL
claim="$directory/${ATTEMPT_FILES.claim}"
child=
stopped=false
asked_to_stop=false
interrupted=false

restore_locale() {
  if [ "$had_locale" = yes ]; then LC_ALL="$saved_locale"; else unset LC_ALL; fi
}

# mkdir either makes the directory or fails: of any number of copies exactly one goes on.
# A copy that meets the claim of its own job id is the same job started again by the scheduler. One that cannot read whose
# claim it is (the first copy died in between) may be, too: neither runs anything.
take_claim() {
  if mkdir "$claim" 2>/dev/null; then
    printf '%s\\n' "$job_id" >"$claim/job" && printf '%s\\n' "$token" >"$claim/token" || exit ${NOT_CLAIMABLE_EXIT_CODE}
    return
  fi
  [ -d "$claim" ] || exit ${NOT_CLAIMABLE_EXIT_CODE}
  tries=0
  until [ -s "$claim/job" ] || [ "$tries" -ge 5 ]; do
    sleep 1
    tries=$((tries + 1))
  done
  owner=
  { read -r owner <"$claim/job"; } 2>/dev/null
  if [ ! -s "$claim/job" ] || { [ -n "$job_id" ] && [ "$owner" = "$job_id" ]; }; then
    date -u +%Y-%m-%dT%H:%M:%SZ >>"$directory/${ATTEMPT_FILES.requeued}"
    exit ${REQUEUED_EXIT_CODE}
  fi
  exit ${FENCED_EXIT_CODE}
}

# Runs beside the step until the script ends, however it ends: heartbeat, memory, and the end of a step that does not stop.
# Signals that go to the whole job pass it by. The memory is the largest sum, over the processes of the step that live at
# the same time, of each one's peak; a cgroup's own peak would count cached files as well.
beat() {
  trap '' TERM INT HUP XCPU USR1
  main_pid=$1
  step_pid=$2
  elapsed=0
  patience=$stop_seconds
  peak=0
  show_life
  sleep 0.2
  while kill -0 "$main_pid" 2>/dev/null; do
    list_descendants "$step_pid"
    sum_memory
    if [ "$total" -gt "$peak" ]; then
      peak=$total
      printf '%s\\n' "$peak" >"$claim/peak_memory_kb"
    fi
    if [ "$elapsed" -ge "$heartbeat_seconds" ]; then
      show_life
      elapsed=0
    fi
    if [ -e "$claim/stopping" ]; then
      if [ "$patience" -le 0 ]; then kill -s KILL -- "-$step_pid"; fi
      patience=$((patience - 1))
    fi
    sleep 1
    elapsed=$((elapsed + 1))
  done
}

# Written, not touched: the shell can do that itself, and no file system leaves the time of a write as it was.
show_life() {
  echo alive >"$directory/${ATTEMPT_FILES.heartbeat}"
}

sum_memory() {
  total=0
  for process in $descendants; do
    while read -r key value rest; do
      if [ "$key" = VmHWM: ]; then
        total=$((total + value))
        break
      fi
    done <"/proc/$process/status"
  done
}

# Not the process itself: that one is timeout, which is not the step's.
list_descendants() {
  descendants=
  queue=$1
  while [ -n "$queue" ]; do
    next=
    for process in $queue; do
      read_children "$process"
      next="$next $children"
    done
    queue=\${next#"\${next%%[! ]*}"}
    descendants="$descendants $queue"
  done
}

read_children() {
  children=
  for tasks in "/proc/$1/task/"*/children; do
    line=
    if [ -r "$tasks" ]; then { read -r line <"$tasks"; } 2>/dev/null; fi
    children="$children $line"
  done
}

# Every signal of the scheduler becomes TERM: a background command ignores INT, and few tools know USR1 or XCPU.
on_signal() {
  stopped=true
  interrupted=true
  if [ -n "$child" ]; then stop_step; fi
}

# A container's own processes pass signals on, and the one that serves its file system from an image would end, and the program
# with it by a bus error at the first page that it still had to read. What has a number in the container's own process
# namespace is the program's; number 1 there is the container's init.
leave_out_the_runtime() {
  read_numbers "$child"
  # shellcheck disable=SC2086 # a list of numbers
  set -- $numbers
  own_depth=$#
  of_the_program=
  is_container=false
  for process in $descendants; do
    read_numbers "$process"
    # shellcheck disable=SC2086 # a list of numbers
    set -- $numbers
    if [ "$#" -gt "$own_depth" ]; then
      is_container=true
      shift $(($# - 1))
      if [ "$1" != 1 ]; then of_the_program="$of_the_program $process"; fi
    fi
  done
  if [ "$is_container" = true ]; then descendants=$of_the_program; fi
}

# The numbers of a process, one for each namespace that it is in.
read_numbers() {
  numbers=
  { while read -r key numbers; do if [ "$key" = NSpid: ]; then break; fi; done <"/proc/$1/status"; } 2>/dev/null
}

# One TERM to each process of the step, and only one: a second meets programs that are busy stopping and kills them. That is
# why timeout, which would pass it on twice, is asked only where the processes cannot be seen or are not there yet.
stop_step() {
  if [ "$asked_to_stop" = true ]; then return; fi
  asked_to_stop=true
  list_descendants "$child"
  leave_out_the_runtime
  # shellcheck disable=SC2086 # a list of numbers
  if [ -n "\${descendants# }" ]; then kill -TERM $descendants; else kill -TERM "$child"; fi 2>/dev/null
  { true >"$claim/stopping"; } 2>/dev/null
}

# A trapped signal ends wait early, with the step still running: wait again, and keep the first answer if there is no other.
wait_for_step() {
  interrupted=false
  wait "$child"
  exit_code=$?
  while [ "$interrupted" = true ]; do
    interrupted=false
    wait "$child" 2>/dev/null
    again=$?
    if [ "$again" -ne 127 ]; then exit_code=$again; fi
  done
}

start_step() {
  if [ "$stopped" = true ]; then
    exit_code=143
    return
  fi
  run_step </dev/null >>"$directory/${ATTEMPT_FILES.stdout}" 2>>"$directory/${ATTEMPT_FILES.stderr}" &
  child=$!
  if [ "$stopped" = true ]; then stop_step; fi
  beat $$ "$child" </dev/null >/dev/null 2>&1 &
  heart=$!
  wait_for_step
  times >"$claim/times" 2>/dev/null
  stop_heart
}

# With what it sleeps by: a scheduler that finds a process left over when the script is gone waits a second for it to end.
stop_heart() {
  read_children "$heart"
  # shellcheck disable=SC2086 # a list of numbers
  { kill -KILL "$heart" $children && wait "$heart"; } 2>/dev/null
}

main() {
  cd "$directory" 2>/dev/null || exit ${NOT_CLAIMABLE_EXIT_CODE}
  take_claim
  trap on_signal TERM INT HUP XCPU USR1
  if ! [ -d "$directory/${ATTEMPT_FILES.output}" ] || ! [ -d "$directory/${ATTEMPT_FILES.logs}" ]; then
    mkdir -p "$directory/${ATTEMPT_FILES.output}" "$directory/${ATTEMPT_FILES.logs}"
  fi
  { true >>"$directory/${ATTEMPT_FILES.stdout}"; } 2>/dev/null || exit ${NOT_CLAIMABLE_EXIT_CODE}
  start_step
  # From here on only SIGKILL can keep the record from being written.
  trap '' TERM INT HUP XCPU USR1 XFSZ
  read_disk_full
  tries=1
  until collect_outputs && write_record; do
    if [ "$tries" -ge 4 ]; then
      echo "$token: could not write ${ATTEMPT_FILES.result}" >&2
      exit ${RECORD_NOT_WRITTEN_EXIT_CODE}
    fi
    sleep "$retry_seconds"
    tries=$((tries + 1))
  done
  case $exit_code in
    ${FENCED_EXIT_CODE} | ${REQUEUED_EXIT_CODE} | ${RECORD_NOT_WRITTEN_EXIT_CODE} | ${NOT_CLAIMABLE_EXIT_CODE}) exit 1 ;;
  esac
  exit "$exit_code"
}
`.trim();
