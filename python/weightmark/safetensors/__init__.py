"""Safetensors files, of which only what was signed becomes tensors.

    from weightmark.safetensors import load_file, safe_open, save_file

    save_file({"weight": array}, "model.safetensors", signer=weightmark.KeySigner("publisher.pem"))
    tensors = load_file("model.safetensors", policy=weightmark.KeyTrust("publisher.pub"))

`weightmark.safetensors.numpy`, `.torch` and `.flax` have the functions of the `safetensors`
package's modules of those names, with the same arguments in the same order; that package
is not needed.
"""
from ._header import Header, TensorInfo
from ._reading import TensorSlice, load_file, safe_open
from ._writing import save_file

__all__ = ["Header", "TensorInfo", "TensorSlice", "load_file", "safe_open", "save_file"]
