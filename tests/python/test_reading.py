"""Verified reading, and what adapters have in common."""
import io
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
import unittest
import warnings
from pathlib import Path
from unittest import mock

import numpy
import weightmark
from support import ModelTest, descriptors
from weightmark import adapters

WEIGHTS = "sub/weights.bin"


class Facts(ModelTest):
    def test_what_is_code_is_told(self):
        (self.model / "modeling.py").write_text("import os")
        (self.model / "config.json").write_text('{"auto_map": {"AutoModel": "modeling.Model"}}')
        weightmark.sign(self.model, self.signer)
        with weightmark.open_verified(self.model, self.policy) as model:
            facts = model.content_facts()
            self.assertEqual([(fact.file, fact.kind) for fact in facts], [("config.json", "code"), ("modeling.py", "code")])
            self.assertIn("Python source", repr(facts[1]))
            self.assertEqual(facts, model.content_facts())
            (self.model / "config.json").write_text('{"auto_map": {"AutoModel": "modeling.Modem"}}')
            with self.assertRaises(weightmark.Refused) as caught:
                model.content_facts()
            self.assertEqual(caught.exception.code, "file-mismatch")


class Open(ModelTest):
    def test_bytes_in_every_way(self):
        content = self.files[WEIGHTS]
        with weightmark.open_verified(self.model, self.policy) as model:
            self.assertEqual(model.files, sorted(self.files))
            loaded = model.load(WEIGHTS)
            self.assertEqual(bytes(memoryview(loaded)), content)
            self.assertEqual((loaded.name, loaded.nbytes, len(loaded)), (WEIGHTS, len(content), len(content)))
            sealed = model.seal(WEIGHTS)
            self.assertEqual(Path(sealed.path).read_bytes(), content)
            self.assertEqual(sealed.size, len(content))
            self.assertEqual(model.read_bytes(WEIGHTS), content)
            with model.open(WEIGHTS) as file:
                self.assertEqual(file.read(), content)
                file.seek(-3, io.SEEK_END)
                self.assertEqual(file.read(), content[-3:])
                self.assertEqual(file.read(1), b"")
            with io.BufferedReader(model.open(WEIGHTS)) as file:
                self.assertEqual(file.read(10), content[:10])

    def test_a_loaded_file_is_an_array_without_a_copy(self):
        loaded = weightmark.open_verified(self.model, self.policy).load(WEIGHTS)
        array = numpy.frombuffer(loaded, dtype=numpy.uint8)
        self.assertTrue(array.flags.writeable)
        array[0] = 99
        self.assertEqual(memoryview(loaded)[0], 99)
        del loaded
        self.assertEqual(array[0], 99)
        self.assertEqual((self.model / WEIGHTS).read_bytes()[0], 0)

    def test_empty_files(self):
        self.write("empty", b"")
        weightmark.sign(self.model, self.signer)
        model = weightmark.open_verified(self.model, self.policy)
        self.assertEqual(bytes(memoryview(model.load("empty"))), b"")
        sealed = model.seal("empty")
        self.assertEqual(Path(sealed.path).read_bytes(), b"")
        self.assertEqual(model.open("empty").read(), b"")

    def test_refusals_at_the_door(self):
        self.write("evil.py", b"import os")
        error = self.assert_code("file-extra", weightmark.open_verified, self.model, self.policy)
        self.assertIn("EC P-256", error.signer)
        model = weightmark.open_verified(self.model, self.policy, ignore_unsigned_files=True)
        self.assert_code("file-not-signed", model.open, "evil.py")
        os.remove(self.model / "evil.py")
        os.remove(self.model / "config.json")
        self.assert_code("file-missing", weightmark.open_verified, self.model, self.policy)
        self.assert_code("key-mismatch", weightmark.open_verified, self.model, self.stranger)

    def test_what_changes_after_opening_is_noticed(self):
        model = weightmark.open_verified(self.model, self.policy)
        file = model.open(WEIGHTS)
        self.write(WEIGHTS, b"x" * len(self.files[WEIGHTS]))
        before = descriptors()
        for call in (model.load, model.seal, model.read_bytes, lambda name: model.view([name])):
            error = self.assert_code("file-mismatch", call, WEIGHTS)
            self.assertEqual(error.signer, model.signer)
            del error
        self.assert_code("file-changed", file.read, 10)
        self.assertEqual(descriptors(), before)

    def test_what_was_handed_out_stays(self):
        model = weightmark.open_verified(self.model, self.policy)
        loaded, sealed = model.load(WEIGHTS), model.seal(WEIGHTS)
        self.write(WEIGHTS, b"x" * len(self.files[WEIGHTS]))
        self.assertEqual(bytes(memoryview(loaded)), self.files[WEIGHTS])
        self.assertEqual(Path(sealed.path).read_bytes(), self.files[WEIGHTS])
        with self.assertRaises(OSError):
            with open(sealed.path, "r+b") as file:
                file.write(b"x")

    def test_buffers_that_do_not_fit(self):
        file = weightmark.open_verified(self.model, self.policy).open(WEIGHTS)
        self.assert_code("range-past-end", file.pread_into, file.size - 1, bytearray(2))
        with self.assertRaises((TypeError, BufferError)):
            file.pread_into(0, b"not writable")
        file.close()
        with self.assertRaises(ValueError):
            file.read(1)

    def test_threads_share_a_file(self):
        content = self.files[WEIGHTS]
        file = weightmark.open_verified(self.model, self.policy).open(WEIGHTS)
        wrong = []

        def work(start):
            out = bytearray(5000)
            for at in range(start, len(content) - len(out), 50_000):
                file.pread_into(at, out)
                if out != content[at:at + len(out)]:
                    wrong.append(at)

        threads = [threading.Thread(target=work, args=(i * 777,)) for i in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(wrong, [])


class View(ModelTest):
    def test_has_the_signed_files_and_no_others(self):
        self.write("evil.py", b"import os")
        model = weightmark.open_verified(self.model, self.policy, ignore_unsigned_files=True)
        with model.view() as view:
            found = sorted(str(path.relative_to(view.path)) for path in Path(view.path).rglob("*") if path.is_file())
            self.assertEqual(found, sorted(self.files))
            for name, content in self.files.items():
                self.assertEqual((Path(view) / name).read_bytes(), content)
            self.assertEqual(os.stat(view.path).st_mode & 0o777, 0o700)
            in_child = subprocess.run(["cat", os.path.join(view.path, WEIGHTS)], capture_output=True, check=True)
            self.assertEqual(in_child.stdout, self.files[WEIGHTS])
        self.assertFalse(os.path.exists(view.path))

    def test_leaves_nothing_when_a_file_does_not_verify(self):
        model = weightmark.open_verified(self.model, self.policy)
        self.write(WEIGHTS, b"x" * len(self.files[WEIGHTS]))
        before = descriptors()
        with mock.patch("tempfile.tempdir", str(self.folder)):
            self.assert_code("file-mismatch", model.view)
        self.assertEqual(sorted(os.listdir(self.folder)), ["model"])
        self.assertEqual(descriptors(), before)


class Locate(ModelTest):
    def test_a_file_of_a_signed_folder(self):
        path = self.model / WEIGHTS
        with adapters.opened(path, self.policy) as (model, name):
            self.assertEqual(name, WEIGHTS)
            self.assertEqual(model.read_bytes(name), self.files[WEIGHTS])
        self.write("evil.bin", b"")
        self.assert_code("file-extra", weightmark.open_verified, path, self.policy)
        model = weightmark.open_verified(path, self.policy, ignore_unsigned_files=True)
        self.assert_code("file-not-signed", model.name_of, self.model / "evil.bin")

    def test_a_signed_file(self):
        os.remove(self.model / "model.sig")
        path = self.model / WEIGHTS
        self.assert_code("signature-not-found", weightmark.open_verified, path, self.policy)
        weightmark.sign(path, self.signer)
        with adapters.opened(path, self.policy) as (model, name):
            self.assertEqual((name, model.files), ("weights.bin", ["weights.bin"]))
            self.assertEqual(model.read_bytes(name), self.files[WEIGHTS])

    def test_two_signatures_are_one_too_many(self):
        path = self.model / WEIGHTS
        weightmark.sign(path, self.signer)
        weightmark.sign(self.model, self.signer)
        error = self.assert_code("usage", weightmark.open_verified, path, self.policy)
        self.assertIn("weights.bin.sig", str(error))
        self.assertIn("model.sig", str(error))
        by_file = weightmark.open_verified(path, self.policy, signature=f"{path}.sig")
        self.assertEqual(by_file.files, ["weights.bin"])
        by_folder = weightmark.open_verified(path, self.policy, signature=self.model / "model.sig")
        self.assertEqual(by_folder.name_of(path), WEIGHTS)


def threads():
    """How many this process has, with those that are not Python's."""
    return len(os.listdir("/proc/self/task"))


class Writer(ModelTest):
    def test_signs_what_it_wrote(self):
        path = self.folder / "out.bin"
        with adapters.SigningWriter(path, self.signer) as file:
            for _ in range(3):
                file.write(b"abc")
        self.assertEqual(path.read_bytes(), b"abcabcabc")
        self.assertTrue(weightmark.verify(path, self.policy, evidence="both"))
        self.assertEqual(file.output.manifest.name, "out.bin")

    def test_the_thread_that_hashes_gets_what_was_written(self):
        path, running = self.folder / "out.bin", threads()
        piece = bytearray(os.urandom(3_000_001))
        with adapters.SigningWriter(path, self.signer) as file:
            # More than may wait, and the writer's memory changes at once.
            for number in range(70):
                piece[0] = number
                file.write(piece)
            file.write(memoryview(piece)[:5])
            file.write(numpy.arange(10**6))
        self.assertEqual(path.stat().st_size, 70 * 3_000_001 + 5 + 8 * 10**6)
        self.assertTrue(weightmark.verify(path, self.policy, evidence="both"))
        with self.assertRaises(ZeroDivisionError):
            with adapters.SigningWriter(path, self.signer) as file:
                file.write(bytes(20_000_000))
                raise ZeroDivisionError
        self.assertEqual(threads(), running)

    def test_a_failure_leaves_what_was_there(self):
        path = self.folder / "out.bin"
        with adapters.SigningWriter(path, self.signer) as file:
            file.write(b"old")
        before = sorted(os.listdir(self.folder))
        with self.assertRaises(ZeroDivisionError):
            with adapters.SigningWriter(path, self.signer) as file:
                file.write(b"new")
                raise ZeroDivisionError
        self.assertEqual(sorted(os.listdir(self.folder)), before)
        self.assertEqual(path.read_bytes(), b"old")
        self.assertTrue(weightmark.verify(path, self.policy))

    def test_a_writer_that_is_forgotten_leaves_nothing(self):
        before, running = sorted(os.listdir(self.folder)), threads()
        file = adapters.SigningWriter(self.folder / "out.bin", self.signer)
        file.write(bytes(9_000_000))
        self.assertEqual(threads(), running + 1)
        del file
        self.assertEqual(threads(), running)
        self.assertEqual(sorted(os.listdir(self.folder)), before)

    def test_a_program_that_ends_leaves_nothing(self):
        before = sorted(os.listdir(self.folder))
        forgets = """
from weightmark import adapters
import sys
file = adapters.SigningWriter(sys.argv[1])
file.write(bytes(100_000_000))
"""
        ended = subprocess.run([sys.executable, "-c", forgets, self.folder / "out.bin"], capture_output=True)
        self.assertEqual((ended.returncode, ended.stderr), (0, b""))
        self.assertEqual(sorted(os.listdir(self.folder)), before)


class WarnOnly(ModelTest):
    def load(self, policy):
        return adapters.load_guarded(self.model, policy, lambda model: model.read_bytes("config.json"),
                                     lambda: b"unverified")

    def test_is_loud_and_loads(self):
        self.assertEqual(self.load(weightmark.warn(self.policy)), b"{}")
        self.write("config.json", b"[]")
        for _ in range(2):
            with warnings.catch_warnings(record=True) as caught, mock.patch("sys.stderr", io.StringIO()) as stderr:
                warnings.simplefilter("always")
                self.assertEqual(self.load(weightmark.warn(self.policy)), b"unverified")
            self.assertEqual([found.category for found in caught], [weightmark.UnverifiedModelWarning])
            self.assertIn("config.json", str(caught[0].message))
            self.assertIn("WARNING", stderr.getvalue())

    def test_is_never_the_default(self):
        self.write("config.json", b"[]")
        self.assert_code("file-mismatch", self.load, self.policy)

    def test_a_warning_that_is_an_error_loads_nothing(self):
        self.write("config.json", b"[]")
        with warnings.catch_warnings(), mock.patch("sys.stderr", io.StringIO()):
            warnings.simplefilter("error", weightmark.UnverifiedModelWarning)
            with self.assertRaises(weightmark.UnverifiedModelWarning):
                self.load(weightmark.warn(self.policy))

    def test_nobody_trusted_is_warned_about_as_well(self):
        with mock.patch.dict(os.environ), mock.patch("sys.stderr", io.StringIO()), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            os.environ.pop("WEIGHTMARK_POLICY", None)
            self.assertEqual(self.load("warn"), b"unverified")

    def test_pickles(self):
        self.assertIsInstance(pickle.loads(pickle.dumps(weightmark.warn(self.policy))), type(weightmark.warn()))


class Interrupt(ModelTest):
    def test_control_c_ends_long_work(self):
        # A file system that has no end of bytes: hashing it takes longer than this test.
        with open(self.model / "large", "wb") as file:
            file.truncate(1 << 40)
        # Tests that run in the background of a shell have the signal ignored, and Python then keeps it so.
        script = ("import signal, sys, weightmark\nsignal.signal(signal.SIGINT, signal.default_int_handler)\n"
                  "print('ready', flush=True)\n"
                  "try:\n weightmark.digest(sys.argv[1])\nexcept KeyboardInterrupt:\n print('interrupted')")
        with subprocess.Popen([sys.executable, "-c", script, str(self.model)], stdout=subprocess.PIPE) as child:
            child.stdout.readline()
            time.sleep(0.3)
            child.send_signal(signal.SIGINT)
            try:
                self.assertEqual(child.communicate(timeout=60)[0], b"interrupted\n")
            finally:
                child.kill()


if __name__ == "__main__":
    unittest.main()
