#!/usr/bin/env bash
# Sets up, starts and supervises the Web Oscilloscope. Its flags are those of `python -m app`: see ./start.sh --help.
# nginx, where there is one, is the public port in front of the app: SCOPE_NGINX=off does without, =on insists.
set -euo pipefail
self=${BASH_SOURCE[0]}
[[ ! -L $self ]] || self=$(readlink -f -- "$self")
cd -P -- "$(dirname -- "$self")"
unset PYTHONDONTWRITEBYTECODE # without cached bytecode each start would take seconds longer

job=       # what runs now and is waited for, as the number of its process group
front=     # nginx, likewise
run=       # private folder of this run: socket, nginx's files, logs
half_made= # an environment that is not complete yet

source scripts/environment.sh
source scripts/workers.sh

# Ends a process group: first by the signal (to one process of it, if one is named), and after so many twentieths of a
# second by force.
end_group() {
    local group=$1 signal=$2 patience=$3 whom=${4:--$1}
    [[ -n $group ]] && kill -0 -- -"$group" 2>/dev/null || return 0
    kill -"$signal" -- "$whom" 2>/dev/null || true
    while ((patience-- > 0)) && kill -0 -- -"$group" 2>/dev/null; do sleep 0.05; done
    kill -KILL -- -"$group" 2>/dev/null || true
    wait "$group" 2>/dev/null || true
}

# The app first, so that nginx still carries its last answers. Five seconds at the most, together.
finish() {
    trap '' TERM INT HUP USR1
    end_group "$job" TERM 80
    end_workers
    end_group "$front" QUIT 16 "$(cat "$run/nginx.pid" 2>/dev/null)"
    rm -rf -- ${half_made:+"$half_made"} ${run:+"$run"}
}
trap finish EXIT
trap 'exit 0' TERM INT
trap hang_up HUP
trap 'reload_nginx' USR2
trap 'fail "nginx has ended, and with it the public port."' USR1

# HUP puts new processes in the place of the old ones; but from a terminal that is gone it means the end.
terminal() { : </dev/tty; } 2>/dev/null
terminal && had_terminal=yes || had_terminal=
hang_up() {
    [[ -z $had_terminal ]] || terminal || exit 0
    ((${#supervisors[@]})) || exit 0
    turning=yes
}

# Starts a command as `job`, in a process group of its own: Ctrl-C reaches start.sh alone, which ends things in order.
launch() {
    set -m
    "$@" </dev/null &
    job=$!
    set +m
}

# The status of `job` at its end. Signals act at once meanwhile, as they do not while a command runs in the foreground.
ended() {
    local status=0
    wait "$job" 2>/dev/null || status=$?
    job=
    return "$status"
}

attend() {
    launch "$@"
    ended
}

help() {
    choose_own_python
    "$python" -c 'from app.config import parser; made = parser(); made.prog = "./start.sh"; made.print_help()'
    say "start.sh itself reads SCOPE_NGINX: off, or on to insist on it; not set: nginx is used when it is installed."
    say "WORKERS is how many processes it starts behind nginx; more than one need SCOPE_REDIS."
    exit 0
}

# In an environment that someone has activated nothing is installed: it satisfies pyproject.toml, or we say what lacks.
active_environment() {
    python=$1/bin/python
    [[ -x $python ]] || fail "The active environment $1 has no bin/python: deactivate it, or make it anew."
    "$python" -c "$new_enough" || fail "The active environment $1 has a Python older than 3.11: make it anew, or deactivate it."
    read_requirements
    ((${#missing[@]} == 0)) && return
    local install="$python -m pip install" lacking
    if [[ -z ${VIRTUAL_ENV:-} ]]; then
        install="conda install --channel conda-forge"
        missing=("${missing[@]/#prometheus-client/prometheus_client}") # which have other names there
        missing=("${missing[@]/#xxhash/python-xxhash}")
        missing=("${missing[@]/#redis\[hiredis\]/redis-py}")
    fi
    lacking=$(printf " '%s'" "${missing[@]}")
    fail "The active environment $1 lacks packages: run $install$lacking (or deactivate it: start.sh then makes its own)."
}

# The parts of the project that the settings ask for.
extras() {
    [[ -z ${SCOPE_MQTT:-}${SCOPE_MQTT_FILE:-} ]] || printf 'mqtt '
    [[ -z ${SCOPE_REDIS:-}${SCOPE_REDIS_FILE:-} ]] || printf 'redis '
}

choose_environment() {
    local active=${VIRTUAL_ENV:-${CONDA_PREFIX:-}}
    if [[ -n $active && ! $active -ef .venv ]]; then
        active_environment "$active"
        read_settings "$@"
    else
        choose_own_python
        read_settings "$@" # before anything is installed: a wrong flag should not take minutes to show
        own_environment $(extras)
    fi
}

# Sets port, listen, max_body and the rest; whatever is wrong with them has then been said.
read_settings() {
    local answers
    answers=$("$python" -m scripts.settings "$nginx" "$@") || exit
    eval "$answers"
    export BOKEH_SECRET_KEY=${BOKEH_SECRET_KEY:-$secret} # of all processes the same: each knows the pages of the others
}

# Debian keeps nginx where only root looks.
find_nginx() {
    nginx=$(PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin command -v nginx) || nginx=
    case ${SCOPE_NGINX:-auto} in
        off) nginx= ;;
        on) [[ -n $nginx ]] || fail "SCOPE_NGINX=on, but nginx is not installed." ;;
        auto) ;;
        *) fail "SCOPE_NGINX='$SCOPE_NGINX': wants on or off." ;;
    esac
}

# A socket's path may have 107 bytes at the most, which a deep TMPDIR would exceed.
make_run_folder() {
    local parent=${TMPDIR:-/tmp}
    ((${#parent} < 80)) || parent=/tmp
    run=$(mktemp -d "$parent/scope.XXXXXX") || fail "No folder can be made in $parent: give another with TMPDIR."
    log=$run/log
}

# What nginx.conf has for each process: all that take requests, each alone, and which of them tells its figures.
list_workers() {
    local n place
    servers= each= told=
    for ((n = 1; n <= workers; n++)); do
        place="server \"unix:$run/app-$n.sock\" max_fails=0;"
        servers+="$place "
        each+="upstream worker$n { $place } "
        told+="$n worker$n; "
    done
    sticky=
    ((workers == 1)) || sticky="hash \$visitor consistent;"
}

# A newer nginx can keep a connection that was used a moment ago when it reads its configuration anew; with an older one
# a request that is on its way may meet a closed one.
keep_alive() {
    ! grep -q keepalive_min_timeout "$nginx" || printf 'keepalive_min_timeout 10s;'
}

# nginx.conf with this run's values in it. As root, nginx's workers are root too, as the app is: its socket is closed to
# everyone else.
render() {
    local text user=
    ((EUID != 0)) || user="user $(id -un) $(id -gn);"
    text=$(<nginx.conf)
    list_workers
    text=${text//@WORKERS@/"$workers"}
    text=${text//@SERVERS@/"$servers"}
    text=${text//@STICKY@/"$sticky"}
    text=${text//@EACH@/"$each"}
    text=${text//@TOLD@/"$told"}
    text=${text//@RUN@/"$run"}
    text=${text//@LISTEN@/"$listen${tls_cert:+ ssl}"}
    text=${text//@TLS@/"${tls_cert:+ssl_certificate \"$tls_cert\"; ssl_certificate_key \"$tls_key\";}"}
    text=${text//@MAX_BODY@/"$max_body"}
    text=${text//@FRONT_BODY@/"$front_body"}
    text=${text//@KEEPALIVE@/"$(keep_alive)"}
    printf '%s\n' "${text//@USER@/"$user"}" >"$run/nginx.conf"
}

start_nginx() {
    local options=(-p "$run" -c "$run/nginx.conf")
    [[ $("$nginx" -h 2>&1) == *'-e filename'* ]] && options+=(-e stderr) # from 1.19.5 on
    mkdir "$run/temp"
    render
    launch end_with_nginx "${options[@]}"
    front=$job
    job=
}

# Reads nginx.conf and certificates anew; connections that are open stay with the old workers for up to 30 s.
reload_nginx() {
    [[ -n $front ]] || return 0
    render
    kill -HUP "$(<"$run/nginx.pid")" 2>/dev/null || true
}

end_with_nginx() {
    "$nginx" "$@" &
    wait $! 2>/dev/null || true
    kill -USR1 $$ 2>/dev/null
}

ask_https='import http.client, ssl, sys
scope = http.client.HTTPSConnection(sys.argv[1], int(sys.argv[2]), timeout=2, context=ssl._create_unverified_context())
scope.request("GET", "/healthz")
sys.exit(scope.getresponse().status != 200)'

ask_socket='import socket, sys
scope = socket.socket(socket.AF_UNIX)
scope.settimeout(2)
scope.connect(sys.argv[1])
scope.sendall(b"GET /healthz HTTP/1.0\r\nHost: localhost\r\n\r\n")
sys.exit(b" 200 " not in scope.recv(64))'

# Whether the public port, or the socket there is instead, answers GET /healthz with 200.
healthy() (
    [[ -z $own_socket ]] || exec "$python" -c "$ask_socket" "$own_socket"
    [[ $scheme == http ]] || exec "$python" -c "$ask_https" "$probe_host" "$port"
    exec 3<>"/dev/tcp/$probe_host/$port" || exit 1
    printf 'GET /healthz HTTP/1.0\r\nHost: localhost\r\n\r\n' >&3
    read -r -t 1 answer <&3 && [[ $answer == *' 200 '* ]]
) 2>/dev/null

announce() {
    until healthy; do
        ! any_dead || return 0
        sleep 0.1
    done
    [[ -z $own_socket ]] || { say "Web Oscilloscope on the Unix socket $own_socket" && return; }
    say "Web Oscilloscope on $local_url${lan_url:+, in the network on $lan_url}"
}

# More open connections than many systems grant at first; every viewer takes two.
raise_limits() {
    local files
    files=$(ulimit -Sn)
    [[ $files == unlimited ]] || ((files >= 16384)) || ulimit -Sn 16384 2>/dev/null || ulimit -Sn "$(ulimit -Hn)" || true
}

main() {
    [[ " $* " != *" -h "* && " $* " != *" --help "* ]] || help
    find_nginx
    make_run_folder
    choose_environment "$@"
    raise_limits
    [[ -z $nginx || -n $own_socket ]] || start_nginx
    start_workers "$@" --port "$port"
    announce
    attend_workers
}

main "$@"
