# The processes of the app, which start.sh keeps running: each by a supervisor, a shell of its own. Sourced by start.sh.

supervisors=() # by the number of the process, from 1
turning=       # this supervisor has been told to put a new process in the place of its own
leaving=       # the process that a supervisor is about to end, while the new one is there already

start_workers() {
    local n
    for ((n = 1; n <= workers; n++)); do
        launch supervise "$n" "$@"
        supervisors[n]=$job
        job=
    done
}

# All at once, each in 4 s at the most.
end_workers() {
    local supervisor
    ((${#supervisors[@]})) || return 0
    kill -TERM "${supervisors[@]}" 2>/dev/null || true
    for supervisor in "${supervisors[@]}"; do wait "$supervisor" 2>/dev/null || true; done
}

# Sets `dead` to a supervisor that has ended; false: none has.
any_dead() {
    for dead in "${supervisors[@]}"; do kill -0 "$dead" 2>/dev/null || return 0; done
    return 1
}

# Until a supervisor gives up; the status is that of its end. HUP puts new processes in the place of all.
attend_workers() {
    local dead status=0 last
    while ! any_dead; do
        if [[ -n $turning ]]; then
            turning=
            turn_workers
        fi
        wait -n "${supervisors[@]}" && status=0 || status=$?
    done
    wait "$dead" 2>/dev/null && last=0 || last=$?
    ((last == 127)) || status=$last # that its end has been heard of already
    return "$status"
}

# One after the other, so that there is always one that takes samples.
turn_workers() {
    local n i
    say "Restarting ..."
    for n in "${!supervisors[@]}"; do
        rm -f -- "$run/turning-$n" "$run/turned-$n"
        for ((i = 0; ; i++)); do
            [[ ! -e $run/turned-$n ]] && kill -0 "${supervisors[n]}" 2>/dev/null || break
            [[ -e $run/turning-$n ]] || ((i % 10)) || kill -HUP "${supervisors[n]}" 2>/dev/null || true
            sleep 0.1
        done
    done
    say "Restarted."
}

# Keeps process $1 running: starts it again 0.5, 1, 2, 4 s after a death, and gives up at the fifth within a minute.
supervise() {
    local n=$1 whom="the app" deaths="" status pause when recent
    local pauses=(0.5 0.5 1 2 4)
    shift
    job=
    ((workers == 1)) || whom="process $n of the app"
    trap end_worker TERM INT
    trap 'turning=yes' HUP
    trap - EXIT USR1
    if [[ -z $own_socket && -n $nginx ]]; then export SCOPE_SOCKET=$run/app-$n.sock; fi
    ((n == 1)) || set -- "$@" --mqtt= --teleplot-udp= # who listens to others does so once
    while :; do
        rm -f -- "$run/app-$n.sock"
        launch "$python" -m app "$@"
        attend_worker "$@" && status=0 || status=$?
        ((status != 2)) || exit 2 # a setting that the app cannot use, and it has said which
        recent=0
        deaths="$deaths $SECONDS"
        for when in $deaths; do ((SECONDS - when >= 60)) || recent=$((recent + 1)); done
        ((recent < 5)) || fail "${whom^} has ended five times within a minute, last with status $status: giving up."
        pause=${pauses[recent]}
        printf 'start.sh: %s has ended with status %s; starting it again in %s s.\n' "$whom" "$status" "$pause" >&2
        attend sleep "$pause"
    done
}

end_worker() {
    trap '' TERM INT HUP
    end_group "$leaving" TERM 80 &
    end_group "$job" TERM 80
    wait
    exit 0
}

# The status of the process at its end; when told to, another one takes its place before.
attend_worker() {
    local status
    while :; do
        if [[ -n $turning ]]; then
            : >"$run/turning-$n"
            turn_worker "$@"
            turning=
            : >"$run/turned-$n"
        fi
        wait "$job" 2>/dev/null && status=0 || status=$?
        if [[ -z $turning ]] && ! kill -0 "$job" 2>/dev/null; then
            job=
            return "$status"
        fi
    done
}

# Behind nginx, or at a socket of one's own, the new process is there before the old one goes; a port has room for one.
turn_worker() {
    local before patience
    if [[ -z ${SCOPE_SOCKET:-} ]]; then
        end_group "$job" TERM 100
        launch "$python" -m app "$@"
        return
    fi
    leaving=$job
    before=$(place)
    launch "$python" -m app "$@"
    for ((patience = 1200; patience > 0; patience--)); do
        [[ $(place) == "$before" ]] || break
        kill -0 "$job" 2>/dev/null || break
        sleep 0.05
    done
    if [[ $(place) == "$before" ]]; then
        printf 'start.sh: the new process does not get ready; the old one goes on.\n' >&2
        end_group "$job" TERM 80
        job=$leaving
    else
        end_group "$leaving" HUP 160
    fi
    leaving=
}

# What changes when another process listens at the socket.
place() { ls -i -- "$SCOPE_SOCKET" 2>/dev/null || true; }
