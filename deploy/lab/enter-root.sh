#!/bin/sh
# enter-root ROOT STATE CMD...   runs CMD with the Debian below ROOT as /, while /proc /dev /sys /tmp /home and STATE
# stay the machine's own. It has a mount namespace to itself and pivots, because Apptainer refuses to work in a plain
# chroot, and only ever execs, so that its pid is the pid of CMD.
# Anybody but root first becomes root of a user namespace, and in the end themselves again (of a nested one).
set -e
# Whoever logs in to the lab is inside already, where there is no such directory.
if [ ! -d "$1" ]; then shift 2; exec "$@"; fi
if [ -z "$_MERIDIAN_ENTERING" ]; then
  _MERIDIAN_ENTERING="$(id -u):$(id -g)"; export _MERIDIAN_ENTERING
  if [ "$(id -u)" -eq 0 ]; then exec unshare --mount --propagation private "$0" "$@"; fi
  exec unshare --user --map-root-user --mount --propagation private "$0" "$@"
fi
user=${_MERIDIAN_ENTERING%:*} group=${_MERIDIAN_ENTERING#*:}; unset _MERIDIAN_ENTERING
root=$1 state=$2 here=$PWD; shift 2
mount --rbind "$root" "$root"
for shared in /proc /dev /sys /tmp /home "$state"; do
  [ -d "$root$shared" ] || mkdir -p "$root$shared"
  mount --rbind "$shared" "$root$shared"
done
for file in /etc/resolv.conf /etc/hosts; do
  [ -e "$root$file" ] && mount --bind "$file" "$root$file" 2>/dev/null || :
done
cd "$root"; mkdir -p .oldroot; pivot_root . .oldroot
umount -l /.oldroot 2>/dev/null || [ "$user" -ne 0 ]
cd "$here" 2>/dev/null || cd /
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin; export PATH
if [ "$user" -eq 0 ]; then exec "$@"; fi
exec unshare --user --map-user="$user" --map-group="$group" "$@"
