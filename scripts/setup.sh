# Shared by scripts/demo and scripts/test: everything that a fresh Debian machine lacks.
# Quiet when nothing is missing. To be sourced by bash; sets ROOT and PYTHON.
# shellcheck shell=bash

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
PYTHON=
MISSING=()
# What a whole demo has beside Postfix: signing, judging, scanning, and accounts that log in.
# shellcheck disable=SC2034  # used by the scripts that source this
FILTERS=(opendkim opendkim-tools opendmarc clamav-daemon clamav-milter postfix-policyd-spf-python postgrey
    sasl2-bin libsasl2-modules openssl)
unset PYTHONDONTWRITEBYTECODE PYTHONHOME

say() { printf '%s\n' "$*" >&2; }

give_up() {
    say "mailtui: $*"
    exit 1
}

# How to run a command as root: nothing, sudo without a question, or not at all.
as_root() {
    if [[ $EUID -eq 0 ]]; then
        "$@"
    elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
        sudo -n "$@"
    else
        return 125
    fi
}

can_be_root() { as_root true; }

# ---- Debian packages ---------------------------------------------------------------------------

installed() { [[ $(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null) == installed ]]; }

# Packages are installed with every service kept from starting: a demo must not open port 25 on the host.
# Where a policy of the machine's own would let them start, ours stands in for it meanwhile.
apt_install() {
    can_be_root || return 125
    as_root env DEBIAN_FRONTEND=noninteractive bash -s -- "$@" <<'ROOT_SCRIPT'
set -u
policy=/usr/sbin/policy-rc.d
aside=
put_back() {
    [[ $aside == none ]] && rm -f "$policy"
    [[ $aside == moved ]] && mv -f "$policy.before-mailtui" "$policy"
    aside=
}
trap put_back EXIT
trap 'exit 1' HUP INT TERM
verdict=0
[[ -x $policy ]] && { "$policy" postfix start >/dev/null 2>&1; verdict=$?; }
if [[ $verdict -ne 101 ]]; then
    if [[ -e $policy ]]; then mv "$policy" "$policy.before-mailtui"; aside=moved; else aside=none; fi
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
fi
there() { [[ $(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null) == installed ]]; }
lacking=
for package in postfix postgrey opendkim opendmarc clamav-daemon clamav-freshclam clamav-milter sasl2-bin dovecot-core; do
    there "$package" || lacking+=" $package"
done
if [[ " $* " == *" postfix "* && " $lacking " == *" postfix "* ]] && command -v debconf-set-selections >/dev/null; then
    echo 'postfix postfix/main_mailer_type select Local only' | debconf-set-selections
fi
get=(apt-get -qq -y -o DPkg::Lock::Timeout=600 --no-install-recommends install "$@")
if ! "${get[@]}" >/dev/null 2>&1 </dev/null; then
    apt-get -qq -o DPkg::Lock::Timeout=600 update >&2 </dev/null
    "${get[@]}" >/dev/null </dev/null || exit 1
fi
[[ -d /run/systemd/system ]] || exit 0
for package in $lacking; do # one may have come as another's dependency
    there "$package" || continue
    units=$package.service
    case $package in
    clamav-daemon) units+=" clamav-daemon.socket" ;;
    sasl2-bin) units=saslauthd.service ;;
    dovecot-core) units=dovecot.service ;;
    esac
    # shellcheck disable=SC2086  # each is a unit
    systemctl disable --quiet $units >&2 || true
    echo "$package was installed for mailtui; its own service is off (systemctl enable --now $units)" >&2
done
ROOT_SCRIPT
}

# need_packages PACKAGE…: install those that are missing; what cannot be had is added to MISSING.
need_packages() {
    local package wanted=()
    command -v dpkg-query >/dev/null || {
        MISSING+=("$@")
        return 0
    }
    for package in "$@"; do
        installed "$package" || wanted+=("$package")
    done
    [[ ${#wanted[@]} -eq 0 ]] && return 0
    say "installing Debian packages: ${wanted[*]}"
    apt_install "${wanted[@]}" && return 0
    for package in "${wanted[@]}"; do # one that cannot be had must not take the others with it
        installed "$package" || { [[ ${#wanted[@]} -gt 1 ]] && apt_install "$package" 2>/dev/null; } || MISSING+=("$package")
    done
}

# ---- Python ------------------------------------------------------------------------------------

new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }
makes_venvs() { "$1" -c 'import ensurepip, venv' 2>/dev/null; }

find_python() {
    local name path
    for name in ${MAILTUI_PYTHON:-} python3 /usr/bin/python3 python3.14 python3.13 python3.12 python3.11; do
        path=$(command -v "$name") && new_enough "$path" && makes_venvs "$path" && {
            printf '%s\n' "$path"
            return 0
        }
    done
    return 1
}

base_python() {
    local found
    found=$(find_python) || {
        need_packages python3 python3-venv
        found=$(find_python) || give_up "Python 3.11 or newer with its venv module is needed;" \
            "apt-get install python3 python3-venv as root, or name one in MAILTUI_PYTHON"
    }
    printf '%s\n' "$found"
}

# Where the private environment lies: in the checkout, or in the cache where that is not ours to write.
environment_folder() {
    local suffix=$1 cache
    if [[ -w $ROOT/.venv || (! -e $ROOT/.venv && -w $ROOT) ]]; then
        printf '%s\n' "$ROOT/.venv$suffix"
    else
        cache=${XDG_CACHE_HOME:-${HOME:-/nonexistent}/.cache}/mailtui
        printf '%s-%s%s\n' "$cache/venv" "$(printf '%s' "$ROOT" | cksum | cut -d' ' -f1)" "$suffix"
    fi
}

# What pyproject.toml asks for, one requirement a line: KIND is "run" or "test".
requirements() {
    "$1" - "$ROOT/pyproject.toml" "$2" <<'PY'
import sys, tomllib
with open(sys.argv[1], "rb") as file:
    told = tomllib.load(file)
wanted = list(told["project"]["dependencies"])
if sys.argv[2] == "test":
    wanted += told["project"]["optional-dependencies"]["test"] + told["build-system"]["requires"]
print("\n".join(wanted))
PY
}

# need_environment KIND: a virtual environment with what KIND needs; sets PYTHON. Made anew when
# pyproject.toml or the Python below it has changed.
need_environment() {
    local kind=$1 folder stamp
    folder=$(environment_folder "")
    stamp=$(stamp_of "$kind")
    if ! stamped "$folder" "$kind" "$stamp"; then
        make_environment "$folder" "$kind" "$stamp"
    fi
    PYTHON=$folder/bin/python
    export PYTHONPATH=$ROOT${PYTHONPATH:+:$PYTHONPATH}
    compile_checkout
}

# Have `mailtui` found by what is run beside a demo: this checkout's, from its own environment.
offer_command() {
    local bin shim
    bin=$(dirname "$PYTHON")
    # shellcheck disable=SC2016  # these are the shim's own
    shim=$(printf '#!/usr/bin/env bash\nPYTHONPATH=%q${PYTHONPATH:+:$PYTHONPATH} exec %q -m mailtui "$@"' "$ROOT" "$PYTHON")
    if [[ -w $bin && $(cat "$bin/mailtui" 2>/dev/null) != "$shim" ]]; then
        printf '%s\n' "$shim" >"$bin/mailtui.$$" && chmod 755 "$bin/mailtui.$$" && mv -f "$bin/mailtui.$$" "$bin/mailtui"
    fi
    export PATH=$bin:$PATH
}

stamp_of() { { echo "$1 1" && cat "$ROOT/pyproject.toml"; } | sha256sum | cut -d' ' -f1; }

# An environment made for tests runs the demo too.
stamped() {
    local folder=$1 kind=$2 stamp=$3
    [[ -x $folder/bin/python ]] && new_enough "$folder/bin/python" || return 1
    [[ -f $folder/mailtui-stamp ]] || return 1
    grep -qx "$stamp" "$folder/mailtui-stamp" && return 0
    [[ $kind == run ]] && grep -qx "$(stamp_of test)" "$folder/mailtui-stamp"
}

make_environment() {
    local folder=$1 kind=$2 stamp=$3 base wanted
    base=$(base_python) || exit 1
    say "making a virtual environment in $folder ($("$base" -V))"
    wanted=$(requirements "$base" "$kind") || give_up "pyproject.toml cannot be read"
    rm -rf "$folder"
    mkdir -p "$(dirname "$folder")"
    "$base" -m venv "$folder" || give_up "no virtual environment can be made in $folder"
    local -a list
    mapfile -t list <<<"$wanted"
    say "installing Python packages: $(printf '%s\n' "${list[@]}" | sed 's/[<>=!~ ].*//' | tr '\n' ' ')"
    if ! "$folder/bin/python" -m pip install -qq --disable-pip-version-check --compile "${list[@]}" >&2; then
        rm -rf "$folder"
        give_up "the Python packages cannot be had (no network?); the lines above say which"
    fi
    printf '%s\n' "$stamp" >"$folder/mailtui-stamp"
}

# Compiled modules make the console start in half the time. Where the checkout is not ours to write,
# Python keeps them in the cache.
compile_checkout() {
    if [[ ! -w $ROOT/mailtui ]]; then
        export PYTHONPYCACHEPREFIX=${XDG_CACHE_HOME:-${HOME:-/nonexistent}/.cache}/mailtui/compiled
    fi
    "$PYTHON" -m compileall -q "$ROOT/mailtui" "$ROOT/screens" "$ROOT/styles" >&2 || true
}

report_missing() {
    [[ ${#MISSING[@]} -eq 0 ]] && return 0
    if can_be_root; then
        say "these Debian packages cannot be had: ${MISSING[*]} (no network, or not in your release)"
    else
        say "these Debian packages are missing; as root: apt-get install ${MISSING[*]}"
    fi
}
