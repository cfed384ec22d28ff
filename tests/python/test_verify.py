"""Verifying, hashing and signing."""
import json
import os
import pickle
import threading
import unittest
from unittest import mock

import weightmark
from support import ModelTest, keys
from weightmark import errors


class Verify(ModelTest):
    def test_what_is_signed_verifies(self):
        report = weightmark.verify(self.model, self.policy)
        self.assertTrue(report)
        self.assertEqual(report.verdict, "verified")
        self.assertEqual([file.name for file in report.manifest.files], sorted(self.files))
        self.assertEqual(report.root, report.manifest.root)
        self.assertIn("EC P-256 key", report.signer)
        self.assertEqual(report.name, "model")

    def test_each_refusal_has_its_class(self):
        def changed():
            self.write("config.json", b"[]")

        def added():
            self.write("modeling_evil.py", b"import os")

        def removed():
            os.remove(self.model / "config.json")

        def unsigned():
            os.remove(self.model / "model.sig")

        def damaged():
            (self.model / "model.sig").write_bytes(b"{")

        for change, code in ((changed, "file-mismatch"), (added, "file-extra"), (removed, "file-missing"),
                             (unsigned, "signature-not-found"), (damaged, "json-truncated")):
            with self.subTest(code):
                self.setUp()
                change()
                error = self.assert_code(code, weightmark.verify, self.model, self.policy)
                self.assertEqual(error.report.verdict, "refused")
                self.assertFalse(error.report)
                self.assertIn(code, str(error))

    def test_a_refusal_says_which_file_whose_signature_and_what_was_expected(self):
        self.write("config.json", b"[]")
        error = self.assert_code("file-mismatch", weightmark.verify, self.model, self.policy)
        self.assertEqual(error.subject, "config.json")
        self.assertIn(error.signer, str(error))
        self.assertIn("signed was", error.what)

    def test_wrong_signer(self):
        error = self.assert_code("key-mismatch", weightmark.verify, self.model, self.stranger)
        self.assertIsNone(error.signer)

    def test_expectations(self):
        root = weightmark.digest(self.model, ignore_paths=["model.sig"]).root
        self.assertTrue(weightmark.verify(self.model, self.policy, name="model", digest=root))
        self.assert_code("name-mismatch", weightmark.verify, self.model, self.policy, name="another")
        self.assert_code("digest-mismatch", weightmark.verify, self.model, self.policy, digest="sha256:" + "0" * 64)
        self.assert_code("digest-syntax", weightmark.verify, self.model, self.policy, digest="zero")
        self.assert_code("usage", weightmark.verify, self.model, self.policy, evidence="hearsay")

    def test_a_part(self):
        self.write("config.json", b"[]")
        self.assertTrue(weightmark.verify(self.model, self.policy, files=["sub/*"]))
        self.assert_code("pattern-unmatched", weightmark.verify, self.model, self.policy, files=["*.pt"])

    def test_reports_without_raising(self):
        self.write("config.json", b"[]")
        report = weightmark.verify_only_reports(self.model, self.policy)
        self.assertFalse(report)
        self.assertIsNone(report.manifest)
        self.assertEqual(report.error.code, "file-mismatch")
        failed = [file for file in report.files if file.coverage == "failed"]
        self.assertEqual([file.name for file in failed], ["config.json"])
        self.assertEqual(json.loads(report.to_json())["schema"], "weightmark.report.v1")

    def test_there_is_no_default_but_the_environment(self):
        with mock.patch.dict(os.environ):
            os.environ.pop("WEIGHTMARK_POLICY", None)
            self.assert_code("usage", weightmark.verify, self.model)
            self.assert_code("usage", weightmark.verify, self.model, weightmark.warn(self.policy))
            self.assert_code("usage", weightmark.verify, self.model, "publisher.pub")
            os.environ["WEIGHTMARK_POLICY"] = str(self.write_policy())
            self.assertTrue(weightmark.verify(self.model))

    def write_policy(self):
        (self.folder / "publisher.pub").write_bytes((keys() / "publisher.pub").read_bytes())
        path = self.folder / "policy.yaml"
        path.write_text(self.policy_text())
        return path

    @staticmethod
    def policy_text():
        return ("schema: weightmark.policy.v1\npublishers:\n  us:\n    models: [\"*\"]\n    signers:\n"
                "      release:\n        key: publisher.pub\n")

    def test_policies_as_files_and_as_texts(self):
        self.assertTrue(weightmark.verify(self.model, weightmark.Policy.load(self.write_policy())))
        asked = []

        def files(path):
            asked.append(path)
            return (keys() / "publisher.pub").read_bytes()

        self.assertTrue(weightmark.verify(self.model, weightmark.Policy.parse(self.policy_text(), files=files)))
        self.assertEqual(asked, ["publisher.pub"])
        self.assert_code("file-not-found", weightmark.verify, self.model, weightmark.Policy.parse(self.policy_text()))
        self.assert_code("policy-syntax", weightmark.verify, self.model, weightmark.Policy.parse("{"))

    def test_an_exception_of_the_callback_goes_through(self):
        def files(path):
            raise ZeroDivisionError

        with self.assertRaises(ZeroDivisionError):
            weightmark.verify(self.model, weightmark.Policy.parse(self.policy_text(), files=files))

    def test_a_lock(self):
        lock = self.folder / "weightmark.lock"
        self.assertTrue(weightmark.verify(self.model, self.policy, lock=lock))
        lock.write_text("{")
        self.assert_code("json-truncated", weightmark.verify, self.model, self.policy, lock=lock)


class Sign(ModelTest):
    def test_tells_what_was_signed(self):
        output = weightmark.sign(self.model, self.signer, name="another")
        self.assertEqual(output.signature, str(self.model / "model.sig"))
        self.assertEqual(output.manifest.name, "another")
        self.assertEqual(output.manifest["config.json"].size, 2)
        self.assertIn("config.json", output.manifest)
        self.assertEqual(len(output.manifest), 2)
        with self.assertRaises(KeyError):
            output.manifest["none"]

    def test_passwords(self):
        locked = keys() / "locked.pem"
        self.assert_code("key-password-required", weightmark.sign, self.model, weightmark.KeySigner(locked))
        self.assert_code("key-password-wrong", weightmark.sign, self.model, weightmark.KeySigner(locked, "wrong"))
        for password in ("secret", lambda: "secret"):
            weightmark.sign(self.model, weightmark.KeySigner(locked, password))
            self.assertTrue(weightmark.verify(self.model, self.policy))

    def test_a_single_file(self):
        output = weightmark.sign(self.model / "config.json", self.signer)
        self.assertEqual(output.signature, str(self.model / "config.json.sig"))
        self.assertTrue(weightmark.verify(self.model / "config.json", self.policy))

    def test_what_was_hashed_on_the_way(self):
        entries = []
        for name, content in self.files.items():
            hasher = weightmark.FileHasher(name)
            for at in range(0, len(content), 1000):
                hasher.update(memoryview(content)[at:at + 1000])
            entries.append(pickle.loads(pickle.dumps(hasher.finish())))
        whole = weightmark.sign(self.model, self.signer).manifest
        self.assertEqual(weightmark.sign(self.model, self.signer, files=entries).manifest, whole)
        self.assertTrue(weightmark.verify(self.model, self.policy, evidence="both"))
        self.assert_code("digests-mismatch", weightmark.sign, self.model, self.signer, files=entries[:1])
        self.assert_code("model-empty", weightmark.sign, self.model, self.signer, files=[])

    def test_hashers_take_buffers_only(self):
        with self.assertRaises(TypeError):
            weightmark.FileHasher("a").update("text")
        self.assert_code("algorithm-unknown", weightmark.FileHasher, "a", "md5")

    def test_no_identity_here(self):
        with mock.patch.dict(os.environ, {"GCE_METADATA_HOST": "127.0.0.1:9", "PATH": ""}):
            config = self.folder / "config.json"
            config.write_text("{}")
            signer = weightmark.SigstoreSigner(trusted_root=config, signing_config=config)
            self.assert_code("trusted-root-malformed", weightmark.sign, self.model, signer)
        self.assert_code("usage", weightmark.SigstoreSigner, trusted_root="root.json")

    def test_refuses_what_it_cannot_hash(self):
        self.assert_code("model-not-found", weightmark.digest, self.folder / "none")
        (self.model / "link").symlink_to("/etc/passwd")
        self.assert_code("symlink-refused", weightmark.digest, self.model)

    def test_algorithms(self):
        for algorithm in ("sha256", "blake2b", "blake3"):
            manifest = weightmark.digest(self.model, algorithm=algorithm)
            self.assertTrue(manifest["config.json"].digest.startswith(algorithm + ":"))
        self.assertIsNone(weightmark.digest(self.model, shard_size=1000)["config.json"].digest)


class Objects(ModelTest):
    def test_trust_and_signers_pickle(self):
        policy = pickle.loads(pickle.dumps(self.policy))
        signer = pickle.loads(pickle.dumps(self.signer))
        weightmark.sign(self.model, signer)
        self.assertTrue(weightmark.verify(self.model, policy))

    def test_no_secret_is_pickled(self):
        self.assertNotIn(b"secret", pickle.dumps(weightmark.KeySigner(keys() / "locked.pem", "secret")))
        self.assertNotIn(b"secret", pickle.dumps(weightmark.SigstoreSigner("secret")))

    def test_errors_pickle(self):
        self.write("config.json", b"[]")
        error = self.assert_code("file-mismatch", weightmark.verify, self.model, self.policy)
        again = pickle.loads(pickle.dumps(error))
        self.assertIs(type(again), type(error))
        self.assertEqual(str(again), str(error))

    def test_every_code_has_a_class_of_its_own(self):
        self.assertEqual(len({found.__name__ for found in errors.CODES.values()}), len(errors.CODES))
        for code, found in errors.CODES.items():
            self.assertEqual(found.code, code)
            self.assertIs(getattr(errors, found.__name__), found)
        self.assertTrue(issubclass(errors.FileMismatch, weightmark.Refused))
        self.assertTrue(issubclass(errors.OutOfMemory, weightmark.Undecided))

    def test_a_report_shows_itself(self):
        report = weightmark.verify(self.model, self.policy)
        self.assertIn("verified", repr(report))
        self.assertIn("<table", report._repr_html_())

    def test_a_report_escapes_what_others_wrote(self):
        name = "<script>\x1b[2J.py"
        self.write(name, b"")
        report = weightmark.verify_only_reports(self.model, self.policy)
        self.assertNotIn("<script>", report._repr_html_())
        self.assertNotIn("\x1b", repr(report) + report._repr_html_() + str(report.error))

    def test_keys_that_are_none(self):
        self.assert_code("file-not-found", weightmark.KeyTrust, self.folder / "none.pub")
        self.assert_code("key-malformed", weightmark.KeyTrust, self.model / "config.json")
        self.assert_code("certificate-malformed", weightmark.CertificateTrust, self.model / "config.json")
        self.assert_code("usage", weightmark.KeyTrust)
        self.assert_code("usage", weightmark.SigstoreTrust, "me@example.org")


class Concurrency(ModelTest):
    def test_threads(self):
        verdicts = []

        def work():
            for _ in range(5):
                verdicts.append(weightmark.verify(self.model, self.policy).verdict)

        threads = [threading.Thread(target=work) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(verdicts, ["verified"] * 40)

    def test_forks(self):
        weightmark.verify(self.model, self.policy)
        child = os.fork()
        if child == 0:
            try:
                os._exit(0 if weightmark.verify(self.model, self.policy) else 1)
            finally:
                os._exit(2)
        self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), 0)


if __name__ == "__main__":
    unittest.main()
