#!/usr/bin/env python3
"""Tests structure.py and links.py on small trees with one fault each."""
import tempfile
import unittest
from pathlib import Path

import links
import structure

GOOD = {
    "include/weightmark/error.h": '#include <string>\n#include "weightmark/error_codes.inc"\n',
    "include/weightmark/error_codes.inc": 'WEIGHTMARK_ERROR(FileMissing, "file-missing", kRefused, "x")\n',
    "include/weightmark/manifest.h": '#include "weightmark/error.h"\n',
    "src/base/json_document.cc": '#include <simdjson.h>\n',
    "src/base/text.h": "",
    "src/attest/manifest.cc": '#include "weightmark/manifest.h"\n#include "base/text.h"\n',
    "src/crypto/key.cc": "#include <openssl/evp.h>\n",
    "src/crypto/key.h": "",
    "src/hash/kernels/openssl.cc": "#include <openssl/evp.h>\n",
    "src/base/text_test.cc": "EXPECT_EQ(code, ErrorCode::kFileMissing);\n",
    "cli/main.cc": '#include <CLI/CLI.hpp>\n#include "crypto/key.h"\n',
    "docs/errors.md": "# Errors\n\n| `file-missing` | gone |\n\n[up](#errors) [file](../src/base/text.h)\n",
}


class Case(unittest.TestCase):
    def problems(self, changes, check=structure.check):
        with tempfile.TemporaryDirectory() as folder:
            for name, text in {**GOOD, **changes}.items():
                path = Path(folder) / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
            return check(folder)

    def refused(self, changes, *words, check=structure.check):
        problems = self.problems(changes, check)
        self.assertEqual(len(problems), 1, problems)
        for word in words:
            self.assertIn(word, problems[0])


class Structure(Case):
    def test_good_tree(self):
        self.assertEqual(self.problems({}), [])

    def test_include_of_a_higher_layer(self):
        self.refused({"src/base/text.cc": '#include "crypto/key.h"\n'}, "src/base/text.cc", "not below base")

    def test_include_of_a_layer_beside(self):
        self.refused({"src/hash/a.cc": '#include "crypto/key.h"\n'}, "not below hash")

    def test_public_header_that_does_not_exist(self):
        self.refused({"src/base/text.cc": '#include "weightmark/none.h"\n'}, "does not exist")

    def test_headers_of_c(self):
        self.assertEqual(self.problems({"include/weightmark/weightmark.h": "#include <stdint.h>\n"}), [])
        self.refused({"include/weightmark/weightmark.h": "#include <string.h>\n"}, "public header")
        self.refused({"include/weightmark/key.h": "#include <stdint.h>\n"}, "public header")

    def test_public_header_that_includes_a_layer(self):
        self.refused({"include/weightmark/key.h": '#include "crypto/key.h"\n'}, "public header")

    def test_include_that_does_not_exist(self):
        self.refused({"src/base/text.cc": '#include "txet.h"\n'}, "in no layer")

    def test_unknown_layer(self):
        self.refused({"src/misc/a.cc": ""}, "no layer")

    def test_openssl_elsewhere(self):
        self.refused({"src/hash/a.cc": "#include <openssl/sha.h>\n"}, "OpenSSL")

    def test_json_elsewhere(self):
        self.refused({"src/base/a.h": "  #  include <simdjson.h>\n"}, "JSON")

    def test_curl_elsewhere(self):
        self.refused({"src/sign/a.cc": "#include <curl/curl.h>\n"}, "libcurl")

    def test_command_line_elsewhere(self):
        self.refused({"src/sign/a.cc": "#include <CLI/CLI.hpp>\n"}, "CLI11")

    def test_two_types_of_one_name(self):
        both = "namespace weightmark {\nstruct Entry {\n};\n}  // namespace weightmark\n"
        self.refused({"src/base/a.h": both, "src/crypto/a.cc": both}, "src/crypto/a.cc", "weightmark::Entry", "src/base/a.h")

    def test_types_that_the_linker_does_not_see(self):
        inner = "namespace weightmark {\nnamespace {\nstruct Entry {\n};\n}  // namespace\n}  // namespace weightmark\n"
        other = "namespace weightmark::cli {\nstruct Entry {\n};\n}  // namespace weightmark::cli\n"
        self.assertEqual(self.problems({"src/base/a.cc": inner, "src/base/b.cc": inner, "cli/a.cc": other,
                                        "src/base/c.h": "namespace weightmark {\nstruct Entry;\n}  // namespace weightmark\n"}), [])

    def test_long_file(self):
        self.refused({"src/base/a.cc": "\n" * 600}, "600 lines")

    def test_code_without_test(self):
        self.refused({"src/base/text_test.cc": "// file-missing\n"}, "no test names file-missing")

    def test_code_named_in_a_script(self):
        self.assertEqual(self.problems({"src/base/text_test.cc": "", "tests/x.py": 'x == "file-missing"\n'}), [])

    def test_code_without_documentation(self):
        self.refused({"docs/errors.md": "file-missing\n"}, "docs/errors.md does not have file-missing")

    def test_documentation_without_code(self):
        self.refused({"docs/errors.md": "| `file-missing` |\n| `file-gone` |\n"}, "no such code", "file-gone")


class Links(Case):
    def test_good_tree(self):
        self.assertEqual(self.problems({}, links.check), [])

    def test_missing_file(self):
        self.refused({"README.md": "[x](docs/none.md)\n"}, "README.md", "does not exist", check=links.check)

    def test_missing_heading(self):
        self.refused({"README.md": "[x](docs/errors.md#none)\n"}, "no such heading", check=links.check)

    def test_leaving_the_repository(self):
        self.refused({"README.md": "[x](../../etc/passwd)\n"}, "leads out", check=links.check)

    def test_reference(self):
        self.refused({"README.md": "[x]: none.md\n"}, "does not exist", check=links.check)

    def test_code_is_no_link(self):
        self.assertEqual(self.problems({"README.md": "`[x](no)`\n```\n[x](no)\n```\n"}, links.check), [])


if __name__ == "__main__":
    unittest.main()
