"""diffusers: pipelines of several parts."""
import diffusers
import pytest
import torch
import weightmark
import weightmark.diffusers

from harness import Adapter, every_case, made_once


def pipeline_of(seed):
    torch.manual_seed(seed)
    unet = diffusers.UNet2DModel(sample_size=8, in_channels=1, out_channels=1, layers_per_block=1,
                                 block_out_channels=(32, 64), norm_num_groups=8,
                                 down_block_types=("DownBlock2D", "DownBlock2D"),
                                 up_block_types=("UpBlock2D", "UpBlock2D"))
    return diffusers.DDPMPipeline(unet, diffusers.DDPMScheduler(num_train_timesteps=10))


@made_once
class Pipeline(Adapter):
    framework = "diffusers, from_pretrained"
    weights = "unet/diffusion_pytorch_model.safetensors"
    other = "scheduler/scheduler_config.json"

    def make(self, folder, signer, seed):
        weightmark.diffusers.save_pretrained(pipeline_of(seed), folder, signer=signer)

    def load(self, folder, policy):
        kind = diffusers.DiffusionPipeline
        return weightmark.diffusers.from_pretrained(kind, folder, policy=policy).unet.state_dict()

    def plain(self, folder):
        return diffusers.DiffusionPipeline.from_pretrained(folder).unet.state_dict()


@every_case(Pipeline())
def test_diffusers(run):
    run()


def test_a_part(tmp_path, signer, policy, flip):
    weightmark.diffusers.save_pretrained(pipeline_of(1), tmp_path / "all", signer=signer)
    loaded = weightmark.diffusers.from_pretrained(diffusers.UNet2DModel, tmp_path / "all", policy=policy,
                                                  subfolder="unet")
    assert torch.equal(loaded.conv_in.weight, pipeline_of(1).unet.conv_in.weight)
    flip(tmp_path / "all" / "model_index.json")
    with pytest.raises(weightmark.errors.FileMismatch):
        weightmark.diffusers.from_pretrained(diffusers.DiffusionPipeline, tmp_path / "all", policy=policy)


def test_lora_weights_arrive_verified(tmp_path, signer, policy, flip):
    from weightmark.safetensors.torch import save_file

    class Pipe:
        def load_lora_weights(self, state, adapter_name):
            self.state, self.adapter_name = state, adapter_name

    path = tmp_path / "style.safetensors"
    save_file({"unet.a.lora_A.weight": torch.ones(4, 4)}, path, signer=signer)
    pipe = Pipe()
    weightmark.diffusers.load_lora_weights(pipe, path, policy=policy, adapter_name="style")
    assert pipe.adapter_name == "style" and pipe.state["unet.a.lora_A.weight"].sum() == 16
    flip(path)
    pipe = Pipe()
    with pytest.raises(weightmark.errors.FileMismatch):
        weightmark.diffusers.load_lora_weights(pipe, path, policy=policy)
    assert not hasattr(pipe, "state")
