# mypy: disable-error-code="import-not-found, import-untyped", allow-subclassing-any
"""MLflow: artifacts that are verified as they are downloaded.

    model = mlflow.pyfunc.load_model("verified+s3://bucket/model")

MLflow finds this by itself where both packages are installed: the scheme goes before that
of any of its stores, for which it reads and writes, and the policy that WEIGHTMARK_POLICY
names decides. Sign a model between saving and logging it:

    mlflow.sklearn.save_model(model, "model")
    weightmark.sign("model", signer)
    get_artifact_repository("s3://bucket").log_artifacts("model", "model")
"""
from __future__ import annotations

import os
import posixpath
import shutil
import tempfile
from typing import Any, List, Optional

from . import errors
from .adapters import copy_verified, guarded, required, strict
from .location import SIGNATURE
from .reading import open_verified
from .trust import AnyPolicy

required("mlflow", "mlflow")
from mlflow.store.artifact.artifact_repo import ArtifactRepository  # noqa: E402

__all__ = ["VerifiedArtifactRepository"]

_PREFIX = "verified+"


class VerifiedArtifactRepository(ArtifactRepository):
    """An artifact repository over another one, which it does not trust.

    Whatever is downloaded, the signature of its model decides: model.sig in the nearest
    folder at or above it. That model's signature and files are fetched into a private
    folder, verified, and the verified bytes written to where MLflow wants them.

    Args:
        artifact_uri: "verified+" and the URI of the other one.
        tracking_uri, registry_uri: as MLflow gives them.
        policy: whom to trust; where absent, the policy that WEIGHTMARK_POLICY names.

    Raises (when something is downloaded):
        Refused, Undecided, UsageError: as `weightmark.open_verified`.

    Example:
        >>> import os, weightmark.mlflow
        >>> place = weightmark.mlflow.VerifiedArtifactRepository(f"verified+file://{os.getcwd()}", policy=policy)
        >>> sorted(os.listdir(place.download_artifacts("model")))
        ['config.json', 'weights.bin']
    """

    def __init__(self, artifact_uri: str, tracking_uri: Optional[str] = None, registry_uri: Optional[str] = None,
                 policy: AnyPolicy = None) -> None:
        super().__init__(artifact_uri, tracking_uri, registry_uri)
        if not artifact_uri.startswith(_PREFIX):
            raise errors.make("usage", f"{_PREFIX} goes before another scheme", artifact_uri)
        self._policy = policy
        self._uri = artifact_uri[len(_PREFIX):]
        # Not before: MLflow's registry imports this module while it is made itself.
        registry = required("mlflow.store.artifact.artifact_repository_registry", "mlflow")
        self._inner = registry.get_artifact_repository(self._uri, tracking_uri, registry_uri)

    def log_artifact(self, local_file: str, artifact_path: Optional[str] = None) -> None:
        """Uploads a file to the other repository, as it is."""
        self._inner.log_artifact(local_file, artifact_path)

    def log_artifacts(self, local_dir: str, artifact_path: Optional[str] = None) -> None:
        """Uploads a folder to the other repository, with the signature that is in it."""
        self._inner.log_artifacts(local_dir, artifact_path)

    def list_artifacts(self, path: Optional[str] = None) -> List[Any]:
        """Lists what the other repository says it has: nothing of it is verified."""
        listed: List[Any] = self._inner.list_artifacts(path)
        return listed

    def download_artifacts(self, artifact_path: str, dst_path: Optional[str] = None) -> str:
        """Downloads a folder or a file of a signed model, verified. Raises as `weightmark.open_verified`."""
        if dst_path is not None:
            return self._download(artifact_path.strip("/"), dst_path)
        made = tempfile.mkdtemp(prefix="weightmark-")
        try:
            return self._download(artifact_path.strip("/"), made)
        except BaseException:
            shutil.rmtree(made, ignore_errors=True)
            raise

    def _download_file(self, remote_file_path: str, local_path: str) -> None:
        with tempfile.TemporaryDirectory(prefix="weightmark-") as private:
            shutil.move(self._download(remote_file_path, private), local_path)

    def _download(self, path: str, target: str) -> str:
        with tempfile.TemporaryDirectory(prefix="weightmark-") as private:
            guarded(path or self._uri, self._policy, lambda: self._verified(path, private, target),
                    lambda: self._inner.download_artifacts(path, target))
        return os.path.join(target, path)

    def _verified(self, path: str, private: str, target: str) -> None:
        root = self._model(path)
        with open_verified(self._inner.download_artifacts(root, private), strict(self._policy)) as model:
            below = path[len(root):].strip("/")
            files = [name for name in model.files if not below or name == below or name.startswith(below + "/")]
            if not files:
                raise errors.make("file-not-signed", "was not signed", below)
            copy_verified(model, os.path.join(target, root), files)

    def _model(self, path: str) -> str:
        """The nearest folder at or above a path that has model.sig."""
        folder = path
        while not any(posixpath.basename(one.path) == SIGNATURE for one in self._inner.list_artifacts(folder or None)):
            if not folder:
                raise errors.make("signature-not-found", "has no model.sig, nor has a folder above it",
                                  path or self._uri, "ask its publisher for the signature")
            folder = posixpath.dirname(folder)
        return folder
