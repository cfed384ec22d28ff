// The parts of the man page that are written by hand (mdoc(7)).
#pragma once

#include <string_view>

namespace weightmark::cli {

inline constexpr std::string_view kManualHead = R"(.Dd November 23, 2026
.Dt WEIGHTMARK 1
.Os
.Sh NAME
.Nm weightmark
.Nd sign and verify machine-learning models
.Sh SYNOPSIS
.Nm
.Cm sign
.Ar METHOD
.Op Ar options
.Ar MODEL
.Nm
.Cm verify
.Ar METHOD
.Op Ar options
.Ar MODEL
.Nm
.Cm seal
.Ar METHOD
.Op Ar options
.Ar MODEL
.Nm
.Cm digest
.Op Ar options
.Ar MODEL
.Nm
.Cm inspect
.Op Ar options
.Ar SIGNATURE
.Sh DESCRIPTION
.Nm
signs a model, a folder or a file, and verifies that a model is exactly what its
signer signed.
Signatures follow the OpenSSF Model Signing specification 1.0 and are read and
written by its other clients too.
.Pp
A signature lies in
.Pa MODEL/model.sig
for a folder and in
.Pa FILE.sig
for a file, unless
.Fl \-signature
says otherwise.
Options may be written with hyphens or underscores.
.Sh COMMANDS
)";

inline constexpr std::string_view kManualTail = R"(.Sh ENVIRONMENT
.Bl -tag -width Ds
.It Ev WEIGHTMARK_PASSWORD
The password of an encrypted private key.
.It Ev WEIGHTMARK_SHA256_KERNEL
The SHA-256 kernel to use instead of the fastest, as
.Ic weightmark digest \-\-list-kernels
names them.
.It Ev NO_COLOR
When set, no colours are used.
.El
.Sh EXIT STATUS
.Bl -tag -width Ds
.It 0
Verified, signed or done.
.It 1
The model does not verify, or may not be signed.
.It 2
The command line is wrong.
.It 3
Could not decide, for instance because a file could not be read.
This is a refusal as well.
.It 4
The model is not signed, and the policy allows that.
.It 130
Interrupted.
.El
.Sh EXAMPLES
Sign a model with a key, and verify it:
.Bd -literal -offset indent
weightmark sign key --private-key key.pem ./model
weightmark verify key --public-key key.pub ./model
.Ed
.Pp
Verify by a policy, which says who may publish which models:
.Bd -literal -offset indent
weightmark verify --policy policy.yaml ./model
.Ed
.Pp
Say what a signature says:
.Bd -literal -offset indent
weightmark inspect ./model
.Ed
.Sh SEE ALSO
.Xr openssl 1 ,
.Xr sha256sum 1
.Sh STANDARDS
OpenSSF Model Signing specification 1.0, DSSE 1.0, in-toto Statement v1,
Sigstore bundle 0.3.
)";

}  // namespace weightmark::cli
