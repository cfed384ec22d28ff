"""Weightmark has a person log in, and signs as them."""
import contextlib
import os
import pty
import re
import subprocess
import threading
import time

import logins
from cases import PERSON, STACK, WEIGHTMARK, Model, both_verify, case, equal, run
from signing import REKOR2, fails, nothing_is_left, sign

ADDRESS = r"^  (http://\S+)\r?$"


class Command:
    """`weightmark sign` while it waits for a person, at a terminal or not."""

    def __init__(self, model, *options, terminal=False, **environment):
        command = [str(WEIGHTMARK), "sign", "--trust-config", model.config, "--signature", str(model.signature),
                   *options, str(model.folder)]
        self.terminal, other = pty.openpty()
        self.said = ""
        self.process = subprocess.Popen(command, stdin=other, stdout=other, stderr=other, close_fds=True,
                                        start_new_session=True, env={**os.environ, **environment},
                                        preexec_fn=self.take_terminal if terminal else None)
        os.close(other)
        threading.Thread(target=self.listen, daemon=True).start()

    @staticmethod
    def take_terminal():
        """makes the pseudo terminal what /dev/tty is"""
        os.close(os.open(os.ttyname(0), os.O_RDWR))

    def listen(self):
        with contextlib.suppress(OSError):  # of a terminal whose other end is closed
            while text := os.read(self.terminal, 4096):
                self.said += text.decode()

    def wait_for(self, pattern):
        end = time.monotonic() + 30
        while not (found := re.search(pattern, self.said, re.M)):
            assert time.monotonic() < end and self.process.poll() is None, self.said
            time.sleep(0.05)
        return found

    def type(self, line):
        os.write(self.terminal, line.encode() + b"\n")

    def finish(self):
        status = self.process.wait(60)
        time.sleep(0.1)
        return status, self.said


def page(address, login=PERSON[0]):
    """logs in in a browser, and returns the last page's text"""
    return subprocess.run([STACK["BROWSER"], address, login], check=True, stdout=subprocess.PIPE, timeout=120,
                          text=True).stdout.splitlines()[-1]


def succeeded(result):
    assert result[0] == 0, result[1]


@case
def ours_logs_in_by_browser(folder):
    """a headless Chromium, the real provider, Fulcio, the log"""
    model = Model(folder)
    result = sign(model, "--login", "browser", given="", BROWSER=STACK["BROWSER"])
    equal(result[0], 0)
    both_verify(model, PERSON, REKOR2)


@case
def ours_logs_in_by_device(folder):
    model = Model(folder)
    command = Command(model, "--login", "device")
    page(command.wait_for(ADDRESS)[1])
    succeeded(command.finish())
    both_verify(model, PERSON, REKOR2)


@case
def ours_logs_in_by_code(folder):
    model = Model(folder)
    command = Command(model, "--oauth-force-oob", terminal=True)
    code = page(command.wait_for(ADDRESS)[1])
    command.wait_for("Type the code")
    command.type(code)
    command.wait_for("Type yes to go on")
    command.type("yes")
    succeeded(command.finish())
    both_verify(model, PERSON, REKOR2)


@case
def ours_has_a_person_log_in_by_itself(folder):
    """at a terminal, without a token and without a word about logins"""
    model = Model(folder)
    command = Command(model, terminal=True, BROWSER=STACK["BROWSER"])
    command.wait_for("Sign as alice@example.com")
    command.type("yes")
    succeeded(command.finish())
    both_verify(model, PERSON, REKOR2)


@case
def ours_sends_nothing_for_who_declines(folder):
    model = Model(folder)
    command = Command(model, terminal=True, BROWSER=STACK["BROWSER"])
    command.wait_for("Sign as alice@example.com")
    command.type("y")
    fails(command.finish(), 130, "identity-declined")
    nothing_is_left(model)


@case
def ours_refuses_a_code_of_somebody_else(folder):
    """another login's code is bound to another key"""
    model = Model(folder)
    provider = logins.discover(STACK["ISSUER"])
    query = {"client_id": "sigstore", "response_type": "code", "scope": "openid email", "nonce": "n",
             "redirect_uri": "urn:ietf:wg:oauth:2.0:oob", "code_challenge": "c" * 43, "code_challenge_method": "S256"}
    other = page(f"{provider['authorization_endpoint']}?{logins.urllib.parse.urlencode(query)}", "eve@example.com")
    command = Command(model, "--login", "code", terminal=True)
    command.wait_for("Type the code")
    command.type(other)
    fails(command.finish(), 3, "login-refused")
    nothing_is_left(model)


@case
def ours_refuses_a_callback_of_another_login(folder):
    model = Model(folder)
    command = Command(model, "--login", "browser", BROWSER="/bin/true")
    address = command.wait_for(ADDRESS)[1]
    back = logins.urllib.parse.parse_qs(logins.urllib.parse.urlparse(address).query)["redirect_uri"][0]
    logins.get(back, code="code", state="of another login", iss=STACK["ISSUER"])
    fails(command.finish(), 1, "login-mismatch")
    nothing_is_left(model)


@case
def ours_leaves_nothing_when_it_is_stopped_at_a_login(folder):
    model = Model(folder)
    for way in ["browser", "device"]:
        command = Command(model, "--login", way, BROWSER="/bin/true")
        command.wait_for(ADDRESS)
        command.process.terminate()
        fails(command.finish(), 130, "interrupted")
        nothing_is_left(model)


@case
def ours_tells_what_is_no_provider(folder):
    model = Model(folder)
    for issuer, code in [(STACK["FULCIO"], "server-not-found"), ("http://127.0.0.1:1", "server-unreachable"),
                         ("http://login.example", "login-provider")]:
        fails(sign(model, "--login", "device", "--oidc-issuer", issuer, given=""), 3, code)
        nothing_is_left(model)


@case
def ours_asks_for_no_login_without_a_terminal(folder):
    model = Model(folder)
    result = run("setsid", WEIGHTMARK, "sign", "--trust-config", model.config, "--signature", model.signature,
                 model.folder)
    fails(result, 3, "token-missing")
