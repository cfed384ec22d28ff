# mypy: disable-error-code="import-not-found, import-untyped", allow-subclassing-any
"""vLLM: models and LoRA adapters that are verified before they are loaded.

    from vllm import LLM
    from weightmark.vllm import verified_model

    with verified_model("model", policy=policy) as place:
        llm = LLM(model=place.path)

Everything that vLLM then reads, the configuration, tokenizer and code of the model as well
as its weights, is verified. Its server takes a load format instead, from a plug-in that
vLLM finds by itself where both packages are installed:

    WEIGHTMARK_POLICY=policy.yaml vllm serve ./model --load-format weightmark

With it the whole model is verified before weights are loaded, and they are read from
sealed copies. vLLM reads the configuration before any load format is asked, though: with
`--trust-remote-code`, start from a verified folder as above.

LoRA adapters that requests name are looked for in the folder WEIGHTMARK_LORA_FOLDER, one
signed folder each, where that and VLLM_ALLOW_RUNTIME_LORA_UPDATING are set.
"""
from __future__ import annotations

import contextlib
import copy
import dataclasses
import hashlib
import os
from typing import Any, Dict, Iterator, Optional

from . import errors
from .adapters import load_guarded, required
from .huggingface import VerifiedSnapshot, verified_checkpoint
from .reading import SealedView, VerifiedModel
from .trust import AnyPolicy, PathLike, Policy

__all__ = ["lora_request", "lora_resolver", "register", "verified_model"]

LOAD_FORMAT = "weightmark"


def verified_model(folder: PathLike, *, policy: AnyPolicy = None, **options: Any) -> VerifiedSnapshot:
    """Gives a private folder with verified copies of all files of a model, for `LLM(model=…)`.

    Keep it open while vLLM starts: its processes read from there.

    Args:
        folder: a signed folder.
        policy: whom to trust; as everywhere, see `weightmark.verify`.
        options: for `weightmark.open_verified`, such as name.

    Raises:
        Refused, Undecided, UsageError: as `weightmark.open_verified`.

    Example:
        >>> import os
        >>> from weightmark.vllm import verified_model
        >>> with verified_model("model", policy=policy) as place:
        ...     sorted(os.listdir(place.path))
        ['config.json', 'weights.bin']
    """
    return verified_checkpoint(folder, policy=policy, **options)


def _policy(value: Any) -> AnyPolicy:
    """A policy of a configuration that may have come as JSON: a path, "warn", or an object."""
    return Policy.load(value) if isinstance(value, str) and value != "warn" else value


@contextlib.contextmanager
def _redirected(model: Any, folder: str, path: str) -> Iterator[None]:
    """Makes the further sources of weights that some models name lead to the same verified copies."""
    sources = list(getattr(model, "secondary_weights", ()))
    if others := [source.model_or_path for source in sources if str(source.model_or_path) != folder]:
        raise errors.make("usage", "takes weights of another model, too", str(others[0]),
                          "load both from folders of weightmark.vllm.verified_model")
    for source in sources:
        source.model_or_path = path
    try:
        yield
    finally:
        for source in sources:
            source.model_or_path = folder


def _model_loader() -> Any:
    loaders = required("vllm.model_executor.model_loader", "vllm")

    class VerifiedModelLoader(loaders.BaseModelLoader):  # type: ignore[name-defined]
        """Verifies a model, and lets another load format load the sealed copies.

        model_loader_extra_config may have: "policy", a path of a policy, else that of
        WEIGHTMARK_POLICY decides; "name", what the model must be called; "load_format",
        the other one, "auto" by default. The rest is for that one.
        """

        def __init__(self, load_config: Any) -> None:
            super().__init__(load_config)
            extra = dict(load_config.model_loader_extra_config or {})
            self._policy = _policy(extra.pop("policy", None))
            self._name = extra.pop("name", None)
            load_format = extra.pop("load_format", "auto")
            if load_format == LOAD_FORMAT:
                raise errors.make("usage", "load_format is another one than this", load_format)
            self._inner = loaders.get_model_loader(
                dataclasses.replace(load_config, load_format=load_format, model_loader_extra_config=extra))

        def download_model(self, model_config: Any) -> None:
            """Downloads the whole model, where it is not here."""
            self._folder(model_config)

        def load_weights(self, model: Any, model_config: Any) -> None:
            """Loads verified weights into a model. Raises as `weightmark.open_verified`."""
            folder = self._folder(model_config)

            def read(path: str) -> None:
                shown = copy.copy(model_config)
                shown.model = path
                shown.model_weights = ""
                with _redirected(model, folder, path):
                    self._inner.load_weights(model, shown)

            def verified(opened: VerifiedModel) -> None:
                with opened.view() as view:
                    read(view.path)

            load_guarded(folder, self._policy, verified, lambda: read(folder), name=self._name)

        def _folder(self, model_config: Any) -> str:
            place = str(getattr(model_config, "model_weights", "") or model_config.model)
            if os.path.isdir(place):
                return place
            hub = required("huggingface_hub", "huggingface_hub")
            return str(hub.snapshot_download(place, revision=model_config.revision,
                                             cache_dir=self.load_config.download_dir))

    return VerifiedModelLoader


def _request(name: str, path: str, **arguments: Any) -> Any:
    request = required("vllm.lora.request", "vllm")
    # One number for one name, in all processes; vLLM wants it positive.
    number = int.from_bytes(hashlib.sha256(name.encode()).digest()[:7], "big") + 1
    return request.LoRARequest(name, number, path, **arguments)


class VerifiedAdapter(VerifiedSnapshot):
    """A LoRA adapter that vLLM may load, and load again, while this is open.

    Attributes:
        request: the LoRARequest.
        path, signer, model: as of a VerifiedSnapshot.
    """

    def __init__(self, name: str, path: str, model: Optional[VerifiedModel], view: Optional[SealedView]) -> None:
        super().__init__(path, model, view)
        self.request = _request(name, path)


def lora_request(name: str, folder: PathLike, *, policy: AnyPolicy = None, **options: Any) -> VerifiedAdapter:
    """Verifies a LoRA adapter and gives the request that makes vLLM load it.

    Args:
        name: what vLLM calls the adapter.
        folder: a signed folder, with adapter_config.json and the weights.
        policy: whom to trust; as everywhere, see `weightmark.verify`.
        options: for `weightmark.open_verified`, such as name.

    Returns:
        A VerifiedAdapter, whose `request` is for `LLM.generate(…, lora_request=…)`. Keep it
        open as long as vLLM may use the adapter.

    Raises:
        Refused, Undecided: it does not verify; ImportError: vLLM is missing.

    Example:
        >>> from weightmark.vllm import lora_request
        >>> with lora_request("style", "model", policy=policy) as adapter:
        ...     adapter.request.lora_name
        'style'
    """
    def verified(model: VerifiedModel) -> VerifiedAdapter:
        view = model.view()
        return VerifiedAdapter(name, view.path, model, view)

    return load_guarded(folder, policy, verified, lambda: VerifiedAdapter(name, os.fspath(folder), None, None),
                        **options)


def lora_resolver(folder: PathLike, *, policy: AnyPolicy = None) -> Any:
    """Returns a LoRAResolver that finds signed adapters in a folder, by name.

    `register` registers one for WEIGHTMARK_LORA_FOLDER; another is given to
    vllm.lora.resolver.LoRAResolverRegistry.

    Args:
        folder: with a signed folder for each adapter. Its name is what requests name.
        policy: whom to trust; as everywhere, see `weightmark.verify`.

    Raises (when an adapter is asked for):
        Refused, Undecided: it does not verify; the request fails then.

    Example:
        >>> import asyncio, os
        >>> from weightmark.vllm import lora_resolver
        >>> resolver = lora_resolver(os.getcwd(), policy=policy)
        >>> asyncio.run(resolver.resolve_lora("base", "model")).lora_name
        'model'
        >>> asyncio.run(resolver.resolve_lora("base", "../model")) is None
        True
    """
    resolver = required("vllm.lora.resolver", "vllm")

    class Resolver(resolver.LoRAResolver):  # type: ignore[name-defined]
        """Keeps the adapters open, since vLLM drops them from memory and loads them again."""

        def __init__(self) -> None:
            self.open: Dict[str, VerifiedAdapter] = {}

        async def resolve_lora(self, base_model_name: str, lora_name: str) -> Any:
            """Returns the request for a verified adapter, None where there is none of the name."""
            place = os.path.join(folder, lora_name)
            # The name comes from whoever may send requests.
            plain = lora_name and os.path.basename(lora_name) == lora_name and not lora_name.startswith(".")
            if not plain or not os.path.isdir(place):
                return None
            if lora_name not in self.open:
                self.open[lora_name] = lora_request(lora_name, place, policy=policy)
            return self.open[lora_name].request

    return Resolver()


def register() -> None:
    """Registers the load format `weightmark`, and the resolver of adapters where a folder is set.

    vLLM calls it in each process, as the entry point of its general plug-ins.

    Example:
        >>> import weightmark.vllm
        >>> weightmark.vllm.register()
        >>> from vllm.model_executor.model_loader import get_model_loader
        >>> from vllm.config.load import LoadConfig
        >>> type(get_model_loader(LoadConfig(load_format="weightmark"))).__name__
        'VerifiedModelLoader'
    """
    loaders = required("vllm.model_executor.model_loader", "vllm")
    loaders.register_model_loader(LOAD_FORMAT)(_model_loader())
    if folder := os.environ.get("WEIGHTMARK_LORA_FOLDER"):
        resolver = required("vllm.lora.resolver", "vllm")
        resolver.LoRAResolverRegistry.register_resolver(LOAD_FORMAT, lora_resolver(folder))
