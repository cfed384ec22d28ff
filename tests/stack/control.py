#!/usr/bin/env python3
"""A Sigstore on this machine: OpenID providers, Fulcio, certificate log, Rekor v1 and v2, timestamps, TUF.

usage: control.py up | down [--clean] | status | env | installed

docs/stack.md tells what is where. Each verb may be repeated: `up` starts what is
not running and leaves the rest as it is. `installed` ends with success where `up` would
take seconds rather than minutes.
"""
import contextlib
import fcntl
import json
import shlex
import shutil
import sys

import places
from places import KEYS, NODE, REKOR2, STATE, TRUST, TUF, url
from processes import DIRECT, Failure

# What has to be there for the state to be whole; written last.
MADE = STATE / "port"


@contextlib.contextmanager
def only_one():
    STATE.mkdir(parents=True, exist_ok=True)
    with open(STATE / "lock", "wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def require_up():
    if not MADE.is_file():
        raise Failure("the stack is not up: ./dev stack up")


# --- Up ------------------------------------------------------------------------------


def make_state():
    """Keys, trusted root and TUF repository: made once, and used until `down --clean`."""
    if MADE.is_file():
        return
    import keys  # what they need is not needed to stop the stack
    import trust_files
    forget_state()
    for folder in [KEYS, TRUST, TUF, REKOR2]:
        folder.mkdir(parents=True)
    KEYS.chmod(0o700)
    keys.make()
    trust_files.make()
    MADE.write_text(f"{places.first_port()}\n", encoding="ascii")


def place_node(tools):
    """The issuer and the browser, in a folder where Node finds their packages."""
    shutil.rmtree(NODE, ignore_errors=True)
    NODE.mkdir()
    for source in places.SOURCE.glob("*.mjs"):
        shutil.copy(source, NODE)
    (NODE / "node_modules").symlink_to(tools.node_modules)
    browser = NODE / "browser"
    program = shlex.join([str(tools.node), str(NODE / "browser.mjs")])
    browser.write_text(f'#!/bin/sh\nexec {program} "$@"\n', encoding="utf-8")
    browser.chmod(0o755)


def write_configuration(name):
    import servers
    if name == "fulcio":
        # JSON is YAML too. The first line says which: Fulcio's JSON has other names.
        (STATE / "fulcio.yaml").write_text(f"---\n{json.dumps(servers.fulcio_config(), indent=2)}\n", encoding="utf-8")
    elif name == "ctlog":
        places.write_private(STATE / "ctlog.cfg", servers.ctlog_config().encode())


def start_all(tools):
    """Starts what does not run as it should."""
    import servers
    started = []
    for server in servers.servers(tools):
        write_configuration(server.name)
        if not (server.runs() and server.answers()):
            server.process.stop()
            server.start()
            started.append(server.name)
    return started


def up():
    import first_entries
    import install
    tools = install.Tools()
    with only_one():
        make_state()
        place_node(tools)
        started = start_all(tools)
        first_entries.fill_rekor1()
        first_entries.fill_rekor2()
    print(f"started: {', '.join(started) or 'nothing, all were up'}", file=sys.stderr)


# --- Down ------------------------------------------------------------------------------


def forget_state():
    for path in STATE.iterdir():
        if path.name in ("lock", "install.log"):
            continue
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()


def down(clean=False):
    from processes import Process
    if not STATE.is_dir():
        return
    with only_one():
        # Those that were started, whatever the list of servers was then; the last first.
        files = sorted((STATE / "pid").glob("*"), key=lambda file: file.stat().st_mtime, reverse=True)
        stopped = [file.name for file in files if Process(file.name).stop()]
        if clean:
            forget_state()
    print(f"stopped: {', '.join(stopped) or 'nothing, all were down'}", file=sys.stderr)


# --- Status and environment ----------------------------------------------------------------


class AnyTools:
    """For who only asks what servers there are, without installing any."""
    node = "node"

    @staticmethod
    def binary(name):
        return name


def status():
    import servers
    all_up = True
    for server in servers.servers(AnyTools()):
        is_up = server.process.running() is not None and server.answers()
        all_up &= is_up
        print(f"{server.name:<13} {'up' if is_up else 'down':<5} {server.address:<23} {server.what}")
    return 0 if all_up else 1


def fetch(address):
    with DIRECT.open(address, timeout=30) as answer:
        return answer.read().decode()


def variables():
    return {
        "TRUST_CONFIG": TRUST / "trust_config.json",
        "TRUST_CONFIG_REKOR1": TRUST / "trust_config.rekor1.json",
        "TRUST_CONFIG_BOTH": TRUST / "trust_config.both.json",
        "TRUSTED_ROOT": TRUST / "trusted_root.json",
        "SIGNING_CONFIG": TRUST / "signing_config.v0.2.json",
        "TUF_URL": url("tuf"),
        "TUF_ROOT": TUF / "root.json",
        "ISSUER": url("issuer"),
        "IDENTITY": "alice@example.com",
        "ID_TOKEN": fetch(url("issuer", "/test/token")),
        "CI_ISSUER": url("ci-issuer"),
        "CI_IDENTITY": "https://github.com/acme/model/.github/workflows/release.yml@refs/tags/v1.0",
        "ACTIONS_URL": url("ci-issuer", "/test/actions?api-version=2.0"),
        "ACTIONS_TOKEN": "stack-request-token",
        "BROWSER": NODE / "browser",
        "FULCIO": url("fulcio"),
        "CTLOG": url("ctlog", "/ct"),
        "REKOR1": url("rekor1"),
        "REKOR2": url("rekor2"),
        "REKOR2_TILES": url("rekor2-tiles"),
        "TSA": url("tsa", "/api/v1/timestamp"),
    }


def env():
    require_up()
    try:
        values = variables()
    except OSError as problem:
        raise Failure(f"the stack does not answer ({problem}): ./dev stack up") from None
    for name, value in values.items():
        print(f"export WEIGHTMARK_STACK_{name}={shlex.quote(str(value))}")


def installed():
    import install
    return 0 if install.is_installed() else 1


VERBS = {("up",): up, ("down",): down, ("down", "--clean"): lambda: down(clean=True), ("status",): status,
         ("env",): env, ("installed",): installed}


def main():
    verb = VERBS.get(tuple(sys.argv[1:]))
    if verb is None:
        sys.exit(__doc__.strip())
    try:
        sys.exit(verb())
    except Failure as problem:
        sys.exit(f"stack: {problem}")
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
