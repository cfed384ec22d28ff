"""Signs and verifies machine-learning models.

    import weightmark

    weightmark.sign("model", weightmark.KeySigner("publisher.pem"))
    weightmark.verify("model", weightmark.KeyTrust("publisher.pub"))

To load what was verified, and nothing else, use `open_verified` or the adapter of your
framework: `weightmark.safetensors`, `weightmark.torch`, `weightmark.huggingface`.
"""
from . import errors
from ._weightmark import ContentFact, FileEntry, FileHasher, LoadedFile, Manifest, SealedCopy
from ._weightmark import version as __version__
from .adapters import UnverifiedModelWarning
from .errors import Interrupted, Refused, Undecided, UsageError, WeightmarkError
from .reading import SealedView, VerifiedFile, VerifiedModel, open_verified
from .report import FileReport, Report
from .signing import KeySigner, SignedOutput, SigstoreSigner, digest, sign
from .training import TrainingRun, training_run
from .trust import CertificateTrust, KeyTrust, Policy, SigstoreRoot, SigstoreTrust, warn
from .verification import verify, verify_only_reports

__all__ = [
    "CertificateTrust", "ContentFact", "FileEntry", "FileHasher", "FileReport", "Interrupted", "KeySigner", "KeyTrust", "LoadedFile",
    "Manifest", "Policy", "Refused", "Report", "SealedCopy", "SealedView", "SignedOutput", "SigstoreRoot",
    "SigstoreSigner", "SigstoreTrust", "TrainingRun", "Undecided", "UnverifiedModelWarning", "UsageError", "VerifiedFile",
    "VerifiedModel", "WeightmarkError", "__version__", "digest", "errors", "open_verified", "sign", "training_run", "verify",
    "verify_only_reports", "warn",
]
