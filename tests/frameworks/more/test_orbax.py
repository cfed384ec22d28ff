"""Orbax: a checkpoint is signed before it is committed, and verified before it is restored."""
import jax
import numpy
import orbax.checkpoint as ocp
import pytest
import weightmark
from weightmark.orbax import SignedCheckpointHandler, SignedRestore, SignedSave

from harness import Adapter, every_case, made_once, noise


def state(seed):
    return {"first": jax.numpy.asarray(noise(seed, (1024, 512))), "second": jax.numpy.asarray(noise(seed + 1, (3, 5)))}


@made_once
class Restore(Adapter):
    framework = "Orbax, Checkpointer"
    weights = "first/0.0"
    other = "second/.zarray"

    def make(self, folder, signer, seed):
        # Without OCDBT each chunk is a file, whose names are the same for each model.
        handler = SignedCheckpointHandler(signer, use_ocdbt=False)
        ocp.Checkpointer(handler).save(folder, args=SignedSave(state(seed)))

    def load(self, folder, policy):
        handler = SignedCheckpointHandler(policy=policy, use_ocdbt=False)
        return ocp.Checkpointer(handler).restore(folder, args=SignedRestore())

    def plain(self, folder):
        return ocp.Checkpointer(ocp.StandardCheckpointHandler(use_ocdbt=False)).restore(folder)


@every_case(Restore())
def test_orbax(run):
    run()


def manager_of(folder, signer=None, policy=None):
    return ocp.CheckpointManager(folder, item_handlers=SignedCheckpointHandler(signer, policy, name="acme/model"))


def test_a_manager_signs_each_step(tmp_path, signer, policy):
    with manager_of(tmp_path / "run", signer, policy) as manager:
        for step in (1, 2):
            manager.save(step, args=SignedSave(state(step)))
        manager.wait_until_finished()
        loaded = manager.restore(2, args=SignedRestore(jax.eval_shape(lambda: state(0))))
    assert numpy.array_equal(loaded["first"], state(2)["first"])
    for step in (1, 2):
        assert weightmark.verify(tmp_path / "run" / str(step) / "default", policy, name="acme/model")


def test_any_byte_of_any_file(tmp_path, signer, policy, flip):
    with manager_of(tmp_path / "run", signer, policy) as manager:
        manager.save(1, args=SignedSave(state(1)))
        manager.wait_until_finished()
        item = tmp_path / "run" / "1" / "default"
        # What the commit writes last is not signed, and not looked at.
        other = {"model.sig", "commit_success.txt"}
        files = [path for path in item.rglob("*") if path.is_file() and path.stat().st_size and path.name not in other]
        assert len(files) > 3
        for path in files:
            flip(path)
            with pytest.raises(weightmark.errors.FileMismatch):
                manager.restore(1, args=SignedRestore())
            flip(path)
        manager.restore(1, args=SignedRestore())


def test_what_cannot_be_signed_is_not_committed(tmp_path):
    checkpointer = ocp.Checkpointer(SignedCheckpointHandler(weightmark.KeySigner(tmp_path / "absent.pem")))
    with pytest.raises(weightmark.WeightmarkError):
        checkpointer.save(tmp_path / "step", args=SignedSave(state(1)))
    assert not (tmp_path / "step").exists()


def test_a_checkpoint_without_signature(tmp_path, policy):
    ocp.Checkpointer(ocp.StandardCheckpointHandler()).save(tmp_path / "step", args=ocp.args.StandardSave(state(1)))
    with pytest.raises(weightmark.errors.SignatureNotFound):
        ocp.Checkpointer(SignedCheckpointHandler(policy=policy)).restore(tmp_path / "step", args=SignedRestore())
