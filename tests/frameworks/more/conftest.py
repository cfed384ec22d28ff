"""What the tests of this folder share."""
import pytest
import weightmark

from scene import keys


@pytest.fixture(name="signer")
def _signer():
    return weightmark.KeySigner(keys() / "publisher.pem")


@pytest.fixture(name="policy")
def _policy():
    return weightmark.KeyTrust(keys() / "publisher.pub")


@pytest.fixture(name="flip")
def _flip():
    """Changes a byte in the middle of a file."""
    def flip(path):
        data = bytearray(path.read_bytes())
        data[len(data) // 2] ^= 0xFF
        path.write_bytes(data)
    return flip
