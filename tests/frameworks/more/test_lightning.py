"""Lightning: its CheckpointIO, and modules from checkpoints."""
import lightning.pytorch as pl
import pytest
import torch
import weightmark
from lightning.pytorch.callbacks import ModelCheckpoint
from weightmark.lightning import SignedCheckpointIO, load_from_checkpoint

from harness import Adapter, every_case, noise


class Module(pl.LightningModule):
    def __init__(self, width=2):
        super().__init__()
        self.save_hyperparameters()
        self.layer = torch.nn.Linear(width, width)

    def training_step(self, batch, _):
        return self.layer(batch[0]).sum()

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), 0.1)


class Checkpoint(Adapter):
    framework = "Lightning, CheckpointIO"
    weights = "model.ckpt"
    signed = "file"

    def make(self, folder, signer, seed):
        module = Module(512)
        with torch.no_grad():
            module.layer.weight.copy_(torch.from_numpy(noise(seed, (512, 512))))
            module.layer.bias.copy_(torch.from_numpy(noise(seed + 1, (512,))))
        trainer = pl.Trainer(accelerator="cpu", logger=False, enable_model_summary=False, enable_progress_bar=False,
                             plugins=[SignedCheckpointIO(signer)])
        trainer.strategy.connect(module)
        folder.mkdir(parents=True)
        trainer.save_checkpoint(folder / self.weights, weights_only=True)

    def load(self, folder, policy):
        return SignedCheckpointIO(policy=policy).load_checkpoint(folder / self.weights)["state_dict"]

    def plain(self, folder):
        return torch.load(folder / self.weights)["state_dict"]


class Made(Checkpoint):
    framework = "Lightning, load_from_checkpoint"

    def load(self, folder, policy):
        return load_from_checkpoint(Module, folder / self.weights, policy=policy).state_dict()


@every_case(Checkpoint(), Made())
def test_lightning(run):
    run()


def trainer_of(folder, signer, policy, epochs, keep=-1):
    return pl.Trainer(accelerator="cpu", devices=1, max_epochs=epochs, logger=False, enable_model_summary=False,
                      enable_progress_bar=False, callbacks=[ModelCheckpoint(folder, "{epoch}", save_top_k=keep,
                                                                            monitor=None if keep < 1 else "epoch",
                                                                            mode="max")],
                      plugins=[SignedCheckpointIO(signer, policy)])


def data():
    return torch.utils.data.DataLoader(torch.utils.data.TensorDataset(torch.ones(4, 2)))


def test_a_training_signs_its_checkpoints_and_resumes_only_from_those(tmp_path, signer, policy, flip):
    trainer_of(tmp_path, signer, policy, 2).fit(Module(), data())
    saved = [tmp_path / "epoch=0.ckpt", tmp_path / "epoch=1.ckpt"]
    assert all(weightmark.verify(path, policy) for path in saved)
    resumed = trainer_of(tmp_path / "more", signer, policy, 3)
    resumed.fit(Module(), data(), ckpt_path=saved[1])
    assert resumed.current_epoch == 3
    flip(saved[1])
    with pytest.raises(weightmark.errors.FileMismatch):
        trainer_of(tmp_path / "again", signer, policy, 3).fit(Module(), data(), ckpt_path=saved[1])


def test_a_checkpoint_goes_with_its_signature(tmp_path, signer, policy):
    files = SignedCheckpointIO(signer, policy)
    files.save_checkpoint({"weight": torch.ones(1)}, tmp_path / "deep" / "last.ckpt")
    files.remove_checkpoint(tmp_path / "deep" / "last.ckpt")
    assert not list((tmp_path / "deep").iterdir())
