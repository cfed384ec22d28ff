#!/usr/bin/env python3
"""What the command does on a terminal: prompts, progress, colour, interruptions.

usage: terminal_test.py COMMAND
"""
import os
import pty
import re
import select
import signal
import subprocess
import sys
import tempfile
import termios
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
import pki  # noqa: E402

COMMAND = ""
KEYS = Path()
# Long enough to be interrupted in the middle, and all of it a hole.
HUGE = 1 << 40
PATIENCE = 30  # seconds


class Terminal:
    """A command with a terminal of its own."""

    def __init__(self, folder, *arguments, **variables):
        self.output = b""
        self.status = None
        self.process, self.master = pty.fork()
        if self.process == 0:
            os.chdir(folder)
            os.execve(COMMAND, [COMMAND, *map(str, arguments)],
                      {"TERM": "xterm", "LC_ALL": "C.UTF-8", "PATH": os.environ["PATH"], **variables})

    def read(self, seconds):
        """One piece of output, or nothing; false at the end."""
        if not select.select([self.master], [], [], seconds)[0]:
            return True
        try:
            piece = os.read(self.master, 65536)
        except OSError:  # what Linux says when the other side is closed
            piece = b""
        self.output += piece
        return bool(piece)

    def wait_for(self, text):
        end = time.monotonic() + PATIENCE
        while text not in self.output:
            if time.monotonic() > end or not self.read(0.1):
                raise AssertionError(f"{text!r} did not appear in {self.output!r}")

    def type(self, text):
        os.write(self.master, text.encode())

    def echoes(self):
        return bool(termios.tcgetattr(self.master)[3] & termios.ECHO)

    def finish(self):
        end = time.monotonic() + PATIENCE
        while self.read(0.1):
            if time.monotonic() > end:
                os.kill(self.process, signal.SIGKILL)
        status = os.waitpid(self.process, 0)[1]
        os.close(self.master)
        self.status = os.waitstatus_to_exitcode(status)
        return self.output.decode()


class Test(unittest.TestCase):
    def setUp(self):
        holder = tempfile.TemporaryDirectory(prefix="terminal-")
        self.addCleanup(holder.cleanup)
        self.folder = Path(holder.name)
        self.model = self.folder / "model"
        self.model.mkdir()
        (self.model / "weights.bin").write_bytes(b"the quick brown fox\n")

    def sign(self, *options, key="p256"):
        return [COMMAND, "sign", "key", "--private-key", str(KEYS / f"{key}.pem"), *options, str(self.model)]

    def make_huge(self, size=HUGE):
        with open(self.model / "huge.bin", "wb") as file:
            file.truncate(size)

    def files(self):
        return sorted(path.relative_to(self.folder).as_posix() for path in self.folder.rglob("*") if path.is_file())

    def signature(self):
        return (self.model / "model.sig").read_bytes()


class Prompts(Test):
    def prompt(self):
        terminal = Terminal(self.folder, *self.sign(key="locked")[1:])
        terminal.wait_for(b"Password of the private key: ")
        return terminal

    def test_asks_without_echo(self):
        terminal = self.prompt()
        self.assertFalse(terminal.echoes())
        terminal.type(pki.PASSWORD + "\n")
        output = terminal.finish()
        self.assertEqual(terminal.status, 0, output)
        self.assertNotIn(pki.PASSWORD, output)
        self.assertIn("signed", output)

    def test_wrong_password(self):
        terminal = self.prompt()
        terminal.type("wrong\n")
        output = terminal.finish()
        self.assertEqual(terminal.status, 3, output)
        self.assertIn("[key-password-wrong]", output)
        self.assertEqual(self.files(), ["model/weights.bin"])

    def test_interrupt_at_the_prompt(self):
        terminal = self.prompt()
        terminal.type("\x03")  # the terminal turns it into SIGINT
        terminal.wait_for(b"[interrupted]")
        self.assertTrue(terminal.echoes(), "the terminal is left without echo")
        terminal.finish()
        self.assertEqual(terminal.status, 130)

    def test_environment_is_asked_first(self):
        terminal = Terminal(self.folder, *self.sign(key="locked")[1:], WEIGHTMARK_PASSWORD=pki.PASSWORD)
        output = terminal.finish()
        self.assertEqual(terminal.status, 0, output)
        self.assertNotIn("Password", output)


class Presentation(Test):
    def test_colour_on_a_terminal(self):
        self.assertIn("\033[1;32msigned\033[0m", Terminal(self.folder, *self.sign()[1:]).finish())
        self.assertNotIn("\033", Terminal(self.folder, *self.sign()[1:], NO_COLOR="1").finish())
        self.assertNotIn("\033", Terminal(self.folder, *self.sign()[1:], TERM="dumb").finish())

    def test_small_models_show_no_progress(self):
        self.assertNotIn("hashing", Terminal(self.folder, *self.sign()[1:]).finish())

    def test_progress_on_a_terminal(self):
        self.make_huge()
        terminal = Terminal(self.folder, "digest", "model")
        terminal.wait_for(b" left")
        terminal.type("\x03")
        output = terminal.finish()
        self.assertRegex(output, r"hashing 2 files: [0-9.]+ [KMGT]iB of 1\.0 TiB, \d+ %, [0-9.]+ [MG]iB/s, .+ left")
        self.assertEqual(terminal.status, 130, output)
        # What is left on the screen: the line of progress was removed.
        last = re.split(r"\r\x1b\[K", output)[-1]
        self.assertNotIn("hashing", last)
        self.assertIn("[interrupted]", last)

    def test_quiet_has_no_progress(self):
        self.make_huge()
        terminal = Terminal(self.folder, "digest", "--quiet", "--timeout", "1.5s", "model")
        self.assertNotIn("left", terminal.finish())

    def test_no_progress_without_a_terminal(self):
        self.make_huge()
        result = subprocess.run([COMMAND, "digest", "--timeout", "1.5s", str(self.model)], capture_output=True,
                                check=False, timeout=PATIENCE)
        self.assertNotIn(b"left", result.stderr)
        self.assertNotIn(b"\r", result.stderr)


class Interruptions(Test):
    def start(self, *arguments):
        process = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=self.folder)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.stderr.close)
        time.sleep(0.5)
        self.assertIsNone(process.poll(), "over before it could be interrupted")
        return process

    def interrupt(self, number, *arguments):
        process = self.start(*arguments)
        begin = time.monotonic()
        process.send_signal(number)
        status = process.wait(PATIENCE)
        self.assertLess(time.monotonic() - begin, 5, "took too long to stop")
        return status, process.stderr.read().decode()

    def test_signals_end_signing_and_leave_nothing(self):
        self.make_huge()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            status, text = self.interrupt(number, *self.sign())
            self.assertEqual(status, 130, text)
            self.assertIn("[interrupted]", text)
            self.assertEqual(self.files(), ["model/huge.bin", "model/weights.bin"])

    def test_kill_leaves_the_old_signature_whole(self):
        subprocess.run(self.sign("--quiet"), check=True)
        before = self.signature()
        self.make_huge()
        status, _ = self.interrupt(signal.SIGKILL, *self.sign())
        self.assertEqual(status, -signal.SIGKILL)
        self.assertEqual(self.files(), ["model/huge.bin", "model/model.sig", "model/weights.bin"])
        self.assertEqual(self.signature(), before)

    def test_interrupted_verification_is_no_verdict(self):
        self.make_huge(1 << 29)
        subprocess.run(self.sign("--quiet"), check=True)
        verify = [COMMAND, "verify", "key", "--public-key", str(KEYS / "p256.pub"), "-t", "40ms", "--json",
                  str(self.model)]
        result = subprocess.run(verify, capture_output=True, check=False, timeout=PATIENCE)
        self.assertEqual(result.returncode, 130, result.stderr)
        self.assertIn(b"could not be verified", result.stderr)
        self.assertIn(b'"verdict": "undecided"', result.stdout)

    def test_time_limit(self):
        self.make_huge()
        begin = time.monotonic()
        result = subprocess.run(self.sign("-t", "700ms"), capture_output=True, check=False, timeout=PATIENCE)
        self.assertEqual(result.returncode, 130, result.stderr)
        self.assertIn(b"the time limit of --timeout is over", result.stderr)
        self.assertLess(time.monotonic() - begin, 6)
        self.assertEqual(self.files(), ["model/huge.bin", "model/weights.bin"])

    def test_full_disk_and_file_limits_leave_the_old_signature(self):
        subprocess.run(self.sign("--quiet"), check=True)
        before = self.signature()
        # SIGXFSZ ignored, so that the write fails as on a full disk.
        limit = "trap '' XFSZ; ulimit -f 0; exec \"$@\""
        result = subprocess.run(["bash", "-c", limit, "-", *self.sign()], capture_output=True, check=False)
        self.assertEqual(result.returncode, 3, result.stderr)
        self.assertEqual(self.signature(), before)
        self.assertEqual(self.files(), ["model/model.sig", "model/weights.bin"])

    def test_password_is_not_in_the_process_list(self):
        self.make_huge()
        for option in (["--password", pki.PASSWORD], ["--password=" + pki.PASSWORD]):
            process = self.start(*self.sign(*option, key="locked"))
            words = Path(f"/proc/{process.pid}/cmdline").read_bytes().decode()
            process.kill()
            process.wait()
            self.assertIn("--password", words)
            self.assertNotIn(pki.PASSWORD, words)


if __name__ == "__main__":
    COMMAND = str(Path(sys.argv.pop(1)).resolve())
    with tempfile.TemporaryDirectory(prefix="keys-") as temporary:
        KEYS = pki.make_all(temporary)
        program = unittest.main(exit=False, verbosity=1)
    sys.exit(not program.result.wasSuccessful())
