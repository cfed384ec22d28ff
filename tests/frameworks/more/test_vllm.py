"""vLLM's own plug-in groups, registry, loaders and adapters. Its engine needs a GPU, and is not started."""
import asyncio
import json
import os
import subprocess
import sys
import types

import pytest
import safetensors.torch
import torch
import weightmark
import weightmark.vllm
from vllm.config import set_current_vllm_config
from vllm.config.load import LoadConfig
from vllm.lora import lora_model
from vllm.lora.peft_helper import PEFTHelper
from vllm.lora.resolver import LoRAResolverRegistry
from vllm.model_executor.model_loader import DefaultModelLoader, get_model_loader

from harness import Adapter, every_case, noise

weightmark.vllm.register()
lora_model.PIN_MEMORY = False  # which needs a driver


class Weights(torch.nn.Module):
    """A model as vLLM's loaders see it: it keeps what it is given."""

    def load_weights(self, weights):
        self.given = {name: tensor.clone() for name, tensor in weights}
        return set(self.given)


def model_config(folder):
    """What the loaders ask a ModelConfig, which cannot be made without a GPU's platform."""
    return types.SimpleNamespace(model=str(folder), model_weights="", revision=None, quantization=None,
                                 multimodal_config=None, is_moe=False)


def load_weights(config, model, folder):
    with set_current_vllm_config(types.SimpleNamespace(parallel_config=None)):
        get_model_loader(config).load_weights(model, model_config(folder))


def weights_by(loader, folder, **extra):
    model = Weights()
    config = LoadConfig(load_format=loader, model_loader_extra_config=extra, use_tqdm_on_load=False)
    load_weights(config, model, folder)
    return model.given


class Loader(Adapter):
    framework = "vLLM, load format weightmark"

    def write(self, folder, seed):
        safetensors.torch.save_file({"weight": torch.from_numpy(noise(seed))}, folder / self.weights)

    def load(self, folder, policy):
        return weights_by("weightmark", folder, policy=policy)

    def plain(self, folder):
        return weights_by("auto", folder)


def adapter_tensors(folder):
    """What vLLM makes of an adapter in a folder."""
    helper = PEFTHelper.from_local_dir(str(folder), max_position_embeddings=None)
    loaded = lora_model.LoRAModel.from_local_checkpoint(str(folder), {"q_proj"}, helper, lora_model_id=1, device="cpu")
    return {f"{name}.{part}": getattr(layer, part) for name, layer in loaded.loras.items()
            for part in ("lora_a", "lora_b")}


class LoRA(Adapter):
    framework = "vLLM, LoRA adapters"
    weights = "adapter_model.safetensors"
    other = "adapter_config.json"

    def write(self, folder, seed):
        config = {"peft_type": "LORA", "r": 8, "lora_alpha": 8, "target_modules": ["q_proj"], "bias": "none",
                  "task_type": "CAUSAL_LM"}
        (folder / self.other).write_text(json.dumps(config))
        name = "base_model.model.model.layers.0.self_attn.q_proj"
        safetensors.torch.save_file({f"{name}.lora_A.weight": torch.from_numpy(noise(seed, (8, 65536))),
                                     f"{name}.lora_B.weight": torch.from_numpy(noise(seed + 1, (65536, 8)))},
                                    folder / self.weights)

    def load(self, folder, policy):
        with weightmark.vllm.lora_request("style", folder, policy=policy) as adapter:
            return adapter_tensors(adapter.request.lora_path)

    def plain(self, folder):
        return adapter_tensors(folder)


@every_case(Loader(), LoRA())
def test_vllm(run):
    run()


@pytest.fixture(name="model")
def _model(tmp_path, signer):
    Loader().make(tmp_path / "model", signer, 1)
    return tmp_path / "model"


def test_the_configuration_comes_as_json(model, policy, policy_file, flip):
    assert weights_by("weightmark", model, policy=str(policy_file), load_format="safetensors")
    with pytest.raises(weightmark.errors.NameMismatch):
        weights_by("weightmark", model, policy=str(policy_file), name="acme/model")
    with pytest.raises(weightmark.UsageError):
        weights_by("weightmark", model, load_format="weightmark")
    with pytest.raises(ValueError, match="Unexpected extra config"):
        weights_by("weightmark", model, policy=str(policy_file), num_thread=3)
    flip(model / "config.json")
    with pytest.raises(weightmark.errors.FileMismatch):
        weights_by("weightmark", model, policy=str(policy_file))


def test_further_sources_of_weights(model, policy, tmp_path):
    config = LoadConfig(load_format="weightmark", model_loader_extra_config={"policy": policy}, use_tqdm_on_load=False)
    wanted = Weights()
    wanted.secondary_weights = [DefaultModelLoader.Source(str(model), None, prefix="second.")]
    load_weights(config, wanted, model)
    assert set(wanted.given) == {"weight", "second.weight"}
    assert wanted.secondary_weights[0].model_or_path == str(model)
    wanted.secondary_weights = [DefaultModelLoader.Source(str(tmp_path), None)]
    with pytest.raises(weightmark.UsageError):
        load_weights(config, wanted, model)


def test_a_whole_model(model, policy):
    with weightmark.vllm.verified_model(model, policy=policy) as place:
        assert weights_by("auto", place.path)["weight"].shape == (1024, 1024)


def test_adapters_by_name(tmp_path, signer, policy, flip):
    LoRA().make(tmp_path / "style", signer, 1)
    (tmp_path / "unsigned").mkdir()
    resolver = weightmark.vllm.lora_resolver(tmp_path, policy=policy)

    def ask(name):
        return asyncio.run(resolver.resolve_lora("base", name))

    request = ask("style")
    flip(tmp_path / "style" / "adapter_model.safetensors")
    assert adapter_tensors(request.lora_path), "vLLM may load it again at any time"
    assert ask("style").lora_path == request.lora_path
    for name in ("absent", "../style", "..", "", ".", f"../{tmp_path.name}/style", str(tmp_path / "style")):
        assert ask(name) is None, name
    with pytest.raises(weightmark.errors.SignatureNotFound):
        ask("unsigned")
    with pytest.raises(weightmark.errors.FileMismatch):
        asyncio.run(weightmark.vllm.lora_resolver(tmp_path, policy=policy).resolve_lora("base", "style"))


PLUGIN = """
from vllm.plugins import load_general_plugins
from vllm.config.load import LoadConfig
from vllm.lora.resolver import LoRAResolverRegistry
from vllm.model_executor.model_loader import get_model_loader
load_general_plugins()
print(type(get_model_loader(LoadConfig(load_format="weightmark"))).__name__, *LoRAResolverRegistry.resolvers)
"""


def test_vllm_finds_it_by_itself(tmp_path, policy_file, installed):
    done = subprocess.run([sys.executable, "-c", PLUGIN], capture_output=True, text=True, check=True,
                          env={**os.environ, "WEIGHTMARK_POLICY": str(policy_file),
                               "WEIGHTMARK_LORA_FOLDER": str(tmp_path)})
    assert done.stdout.split()[-2:] == ["VerifiedModelLoader", "weightmark"]
    assert "weightmark" not in LoRAResolverRegistry.resolvers, "without a folder there is none"
