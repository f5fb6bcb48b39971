# Sourced by the scripts beside it: `environment base` or `environment dev` makes sure that
# .venv holds what is asked for, and sets $root and $python. Needs Python 3.11 or later with pip.

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
python=$root/.venv/bin/python

# Whatever decides what gets installed: a change in it installs again.
wanted() {
    echo "$root"
    sed -n '/^dependencies = \[/,/^\]/p; /^\[project\.optional-dependencies\]/,/^$/p;
        /^\[project\.scripts\]/,/^$/p' "$root/pyproject.toml"
}

stop() {
    echo "autoedit: error: $1" >&2
    exit 1
}

new_enough() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

environment() {
    stamp=$(wanted | cksum)
    for kind in dev "$1"; do
        if [ "$(cat "$root/.venv/$kind.stamp" 2>/dev/null)" = "$stamp" ]; then return; fi
    done
    mkdir -p "$root/.venv" 2>/dev/null || stop "$root/.venv cannot be made."
    # The first start does the work, and any other that comes meanwhile waits for it. The lock is
    # the kernel's, so that it goes with the process that holds it.
    exec 9>>"$root/.venv/setup.lock"
    found=
    for candidate in "$python" python3.11 python3.12 python3.13 python3.14 python3; do
        if new_enough "$candidate"; then found=$candidate && break; fi
    done
    [ -n "$found" ] || stop "Python 3.11 or later is needed, and was not found. Install it first."
    "$found" -c 'import fcntl; fcntl.flock(9, fcntl.LOCK_EX)' || stop "$root/.venv cannot be locked."
    for kind in dev "$1"; do
        if [ "$(cat "$root/.venv/$kind.stamp" 2>/dev/null)" = "$stamp" ]; then
            exec 9>&-
            return
        fi
    done
    install_into "$found" "$1" "$stamp" 9>&-
    exec 9>&-
}

install_into() {
    log=$root/.venv/install.log
    target=$root
    if [ "$2" = dev ]; then target="$root[dev]"; fi
    echo "Setting up AutoEdit (once)..." >&2
    rm -f "$root/.venv/$2.stamp"
    if { "$python" -m pip --version || "$1" -m venv "$root/.venv"; } >"$log" 2>&1 &&
        "$python" -m pip install --disable-pip-version-check -e "$target" >>"$log" 2>&1; then
        echo "$3" >"$root/.venv/$2.stamp"
    else
        tail -n 20 "$log" >&2
        stop "The setup failed; the whole log is $log. Mend the cause and start again."
    fi
}
