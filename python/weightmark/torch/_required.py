# mypy: disable-error-code="import-not-found"
"""PyTorch, or an error that says what is missing."""
try:
    import torch
except ModuleNotFoundError as error:
    if error.name != "torch":
        raise
    raise ImportError("weightmark.torch needs PyTorch: pip install torch", name="torch") from error

__all__ = ["torch"]
