"""accelerate: whole training states."""
import accelerate
import pytest
import torch
import weightmark
import weightmark.accelerate

from harness import Adapter, every_case, noise


class Training:
    """An accelerator with a model and an optimizer that has a state."""

    def __init__(self, seed):
        self.accelerator = accelerate.Accelerator(cpu=True)
        layer = torch.nn.Linear(512, 512)
        with torch.no_grad():
            layer.weight.copy_(torch.from_numpy(noise(seed, (512, 512))))
        self.model, self.optimizer = self.accelerator.prepare(layer, torch.optim.Adam(layer.parameters()))
        if seed:
            self.accelerator.backward(self.model(torch.ones(1, 512)).sum())
            self.optimizer.step()

    def tensors(self):
        found = dict(self.model.state_dict())
        for number, kept in self.optimizer.state_dict()["state"].items():
            found.update({f"{number}.{name}": value for name, value in kept.items()})
        return {name: value.detach().clone() for name, value in found.items()}


class State(Adapter):
    framework = "accelerate, load_state"
    other = "random_states_0.pkl"

    def make(self, folder, signer, seed):
        weightmark.accelerate.save_state(Training(seed).accelerator, folder, signer=signer)

    def load(self, folder, policy):
        training = Training(0)
        weightmark.accelerate.load_state(training.accelerator, folder, policy=policy)
        return training.tensors()

    def plain(self, folder):
        training = Training(0)
        training.accelerator.load_state(str(folder))
        return training.tensors()


@every_case(State())
def test_accelerate(run):
    run()


def test_a_state_that_is_loaded_otherwise(tmp_path, signer, policy):
    training = Training(1)
    handle = weightmark.accelerate.require_verified(training.accelerator)
    weightmark.accelerate.save_state(training.accelerator, tmp_path / "step", signer=signer, name="acme/step")
    before = training.tensors()
    with pytest.raises(weightmark.UsageError):
        training.accelerator.load_state(str(tmp_path / "step"))
    weightmark.accelerate.load_state(training.accelerator, tmp_path / "step", policy=policy, name="acme/step")
    assert all(torch.equal(value, before[name]) for name, value in training.tensors().items())
    handle.remove()
    training.accelerator.load_state(str(tmp_path / "step"))


def test_saving_again_leaves_no_old_signature(tmp_path, signer, policy):
    training = Training(1)
    weightmark.accelerate.save_state(training.accelerator, tmp_path / "step", signer=signer)
    with pytest.raises(weightmark.WeightmarkError):
        weightmark.accelerate.save_state(training.accelerator, tmp_path / "step",
                                         signer=weightmark.KeySigner(tmp_path / "absent.pem"))
    with pytest.raises(weightmark.errors.SignatureNotFound):
        weightmark.accelerate.load_state(training.accelerator, tmp_path / "step", policy=policy)


def test_a_state_that_does_not_verify_changes_nothing(tmp_path, signer, policy, flip):
    weightmark.accelerate.save_state(Training(1).accelerator, tmp_path / "step", signer=signer)
    flip(tmp_path / "step" / "optimizer.bin")
    training = Training(2)
    before = training.tensors()
    with pytest.raises(weightmark.errors.FileMismatch):
        weightmark.accelerate.load_state(training.accelerator, tmp_path / "step", policy=policy)
    assert all(torch.equal(value, before[name]) for name, value in training.tensors().items())
