# The Python that runs the scope: found, or made in .venv. Sourced by start.sh and scripts/test, in the project's folder.
# They bring `attend`, which runs a command, `log`, a file for its output, and delete the folder that `half_made` names
# when they end.

say() { printf '%s\n' "$*"; }

fail() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
    exit 1
}

new_enough='import sys; sys.exit(sys.version_info < (3, 11))'

# Prints the first Python on PATH that is new enough.
find_python() {
    local name
    for name in python3 python3.14 python3.13 python3.12 python3.11 python; do
        if command -v "$name" >/dev/null && "$name" -c "$new_enough" 2>/dev/null; then
            command -v "$name"
            return
        fi
    done
    return 1
}

# Sets `system_python`, or says why there is none.
need_python() {
    system_python=$(find_python) && return
    local found
    found=$(python3 -c 'import sys; print("%d.%d.%d" % sys.version_info[:3])' 2>/dev/null) || found=none
    fail "Python 3.11 or newer is needed, and here is $found: install it (on Debian: sudo apt install python3 python3-venv)."
}

# Sets `python` to that of .venv, or to the system's while .venv has none that runs.
choose_own_python() {
    if [[ -x .venv/bin/python ]] && .venv/bin/python -c "$new_enough" 2>/dev/null; then
        python=$PWD/.venv/bin/python
    else
        need_python
        python=$system_python
    fi
}

# Sets `requirements`, `missing` and `stamp` as `python` sees them. Arguments: the extras wanted too.
read_requirements() {
    local answers
    answers=$("$python" -m scripts.requirements "$@") || fail "pyproject.toml could not be read."
    eval "$answers"
}

# Makes .venv hold the requirements and sets `python` to its Python. At once when the stamp says that it does.
# Arguments: the extras wanted too; each set of extras has a stamp of its own.
own_environment() {
    local stamp_file=.venv/.requirements${1:+-$(IFS=-; echo "$*")} begun=$SECONDS
    read_requirements "$@"
    [[ $python == "$PWD"/.venv/* && -f $stamp_file && $(<"$stamp_file") == "$stamp" ]] && return
    [[ -w . ]] || fail "$PWD is not writable, so .venv cannot be made there: change its owner, or activate an environment."
    [[ $python == "$PWD"/.venv/* ]] && "$python" -c 'import pip' 2>/dev/null || make_environment
    install_requirements
    printf '%s\n' "$stamp" >"$stamp_file"
    half_made=
    say "The environment is ready after $((SECONDS - begun)) s."
}

make_environment() {
    need_python
    "$system_python" -c 'import ensurepip, venv' 2>/dev/null ||
        fail "Python's venv module is missing: install it (on Debian: sudo apt install python3-venv)."
    say "Making the environment .venv with $system_python ..."
    [[ -e .venv ]] || half_made=$PWD/.venv
    attend "$system_python" -m venv .venv >"$log" 2>&1 || fail "The environment .venv could not be made: $(tail -n 1 "$log")"
    python=$PWD/.venv/bin/python
}

# Bytecode is compiled on all cores afterwards, which is quicker than pip's own compiling.
install_requirements() {
    say "Installing ${#requirements[@]} packages and what they need; the first time this takes a minute or two ..."
    attend "$python" -m pip install --disable-pip-version-check --quiet --retries 2 --no-compile \
        "${requirements[@]}" >"$log" 2>&1 || fail "pip could not install the packages; is there a network? $(last_error)"
    attend "$python" -m compileall -q -j 0 .venv/lib >"$log" 2>&1 || true # a few packages carry files for other Pythons
}

last_error() {
    grep -a '^ERROR' "$log" | tail -n 1 || tail -n 1 "$log"
}
