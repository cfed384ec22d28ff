"""transformers and the Hub: snapshots, checkpoints, uploads."""
import json
import os

import pytest
import torch
import transformers
import weightmark
from weightmark import huggingface

import hub as fake
from harness import Adapter, every_case
from scene import keys


def tiny(seed):
    torch.manual_seed(seed)
    config = transformers.BertConfig(vocab_size=32, hidden_size=32, num_hidden_layers=1, num_attention_heads=2,
                                     intermediate_size=64, max_position_embeddings=16)
    return transformers.BertModel(config)


class FromPretrained(Adapter):
    framework = "transformers, from_pretrained"

    def make(self, folder, signer, seed):
        tiny(seed).save_pretrained(folder)
        self.sign(folder, signer)

    def load(self, folder, policy):
        with huggingface.verified_checkpoint(folder, policy=policy) as snapshot:
            return transformers.AutoModel.from_pretrained(snapshot.path).state_dict()

    def plain(self, folder):
        return transformers.AutoModel.from_pretrained(folder).state_dict()


@every_case(FromPretrained())
def test_from_pretrained(run):
    run()


@pytest.fixture(name="signer")
def _signer():
    return weightmark.KeySigner(keys() / "publisher.pem")


@pytest.fixture(name="policy")
def _policy():
    return weightmark.KeyTrust(keys() / "publisher.pub")


@pytest.fixture(name="hub")
def _hub(monkeypatch, tmp_path):
    import huggingface_hub
    from huggingface_hub import constants
    with fake.running() as hub:
        monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
        monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)
        hub.api = huggingface_hub.HfApi(endpoint=hub.url, token="hf_none")
        hub.download = {"endpoint": hub.url, "cache_dir": tmp_path / "cache", "token": False}
        yield hub


@pytest.fixture(name="folder")
def _folder(tmp_path):
    folder = tmp_path / "trained"
    tiny(1).save_pretrained(folder)
    return folder


def snapshot(hub, policy, **options):
    return huggingface.verified_snapshot("acme/model", policy=policy, download=hub.download, **options)


def test_what_is_pushed_can_be_loaded_verified(hub, folder, signer, policy, tmp_path):
    pushed = huggingface.push(folder, "acme/model", signer=signer, api=hub.api)
    assert pushed.signed.manifest.name == "acme/model"
    assert len(hub.repositories["acme/model"]) == 2, "one commit for all of it"
    assert "model.sig" in hub.head("acme/model")
    with snapshot(hub, policy, name="acme/model") as found:
        assert found.signer == pushed.signed.signer
        loaded = transformers.AutoModel.from_pretrained(found.path).state_dict()
    for name, tensor in tiny(1).state_dict().items():
        assert torch.equal(loaded[name], tensor)
    assert not os.path.exists(found.path)


def test_both_layouts(hub, folder, signer, policy, tmp_path):
    huggingface.push(folder, "acme/model", signer=signer, api=hub.api)
    with snapshot(hub, policy) as found:
        assert os.path.islink(os.path.join(found.model.path, "config.json")), "the cache has links"
    hub.download = {"endpoint": hub.url, "local_dir": tmp_path / "here", "token": False}
    with snapshot(hub, policy) as found:
        assert not os.path.islink(os.path.join(found.model.path, "config.json"))
        assert os.path.isdir(tmp_path / "here" / ".cache" / "huggingface")


def test_a_hostile_hub(hub, folder, signer, policy):
    huggingface.push(folder, "acme/model", signer=signer, api=hub.api)
    hub.serve = lambda name, content: content.replace(b"bert", b"gpt2") if name == "config.json" else content
    with pytest.raises(weightmark.errors.FileMismatch) as raised:
        snapshot(hub, policy)
    assert raised.value.subject == "config.json"


def test_a_hub_that_adds_code(hub, folder, signer, policy):
    huggingface.push(folder, "acme/model", signer=signer, api=hub.api)
    hub.commit("acme/model", {"modeling_acme.py": b"raise SystemExit"})
    with pytest.raises(weightmark.errors.FileExtra):
        snapshot(hub, policy)


def test_a_hub_that_serves_another_model_of_the_same_publisher(hub, folder, signer, policy):
    huggingface.push(folder, "acme/model", signer=signer, api=hub.api)
    hub.repositories["acme/other"] = hub.repositories.pop("acme/model")
    with pytest.raises(weightmark.errors.NameMismatch):
        huggingface.verified_snapshot("acme/other", policy=policy, download=hub.download, name="acme/other")


def test_a_repository_with_other_files(hub, folder, signer, policy):
    hub.commit("acme/model", {"README.md": b"by hand", "pytorch_model.bin": b"old"})
    with pytest.raises(weightmark.errors.FileExtra) as raised:
        huggingface.push(folder, "acme/model", signer=signer, api=hub.api)
    assert "replace=True" in raised.value.hint
    assert len(hub.repositories["acme/model"]) == 1, "nothing was uploaded"
    huggingface.push(folder, "acme/model", signer=signer, api=hub.api, replace=True)
    assert "pytorch_model.bin" not in hub.head("acme/model")
    with snapshot(hub, policy):
        pass


def test_a_trainer_signs_each_checkpoint(tmp_path, signer, policy):
    data = [{"x": torch.ones(4), "labels": torch.zeros(2)} for _ in range(4)]

    class Tiny(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = torch.nn.Linear(4, 2)

        def forward(self, x, labels):
            out = self.layer(x)
            return {"loss": torch.nn.functional.mse_loss(out, labels), "logits": out}

    arguments = transformers.TrainingArguments(
        output_dir=str(tmp_path / "out"), max_steps=2, save_steps=1, per_device_train_batch_size=2, report_to=[],
        use_cpu=True, logging_strategy="no", disable_tqdm=True)
    trainer = transformers.Trainer(Tiny(), arguments, train_dataset=data,
                                   callbacks=[huggingface.SigningCallback(signer, name="acme/tiny")])
    trainer.train()
    for step in (1, 2):
        report = weightmark.verify(tmp_path / "out" / f"checkpoint-{step}", policy, name="acme/tiny")
        assert "optimizer.pt" in report.manifest


def test_a_part_of_a_snapshot(folder, signer, policy):
    weightmark.sign(folder, signer)
    with huggingface.verified_checkpoint(folder, policy=policy, files=["config.json"]) as found:
        assert os.listdir(found.path) == ["config.json"]
        assert json.loads((folder / "config.json").read_text())["model_type"] == "bert"
