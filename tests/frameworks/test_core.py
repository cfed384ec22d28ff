"""The package itself, which the adapters are made of."""
import weightmark

from harness import Adapter, every_case, noise


class Core(Adapter):
    """Reads the weights as bytes."""

    weights = "weights.bin"

    def write(self, folder, seed):
        (folder / self.weights).write_bytes(noise(seed, 2 << 20).tobytes())

    def plain(self, folder):
        return (folder / self.weights).read_bytes()

    def contents(self, loaded):
        return {self.weights: bytes(loaded)}

    def load(self, folder, policy):
        from weightmark.adapters import load_guarded
        path = folder / self.weights
        return load_guarded(path, policy, lambda model: self.read(model, model.name_of(path)),
                            lambda: self.plain(folder))


class Load(Core):
    framework = "Python, load"

    def read(self, model, name):
        return memoryview(model.load(name))


class Seal(Core):
    framework = "Python, seal"
    signed = "file"

    def read(self, model, name):
        sealed = model.seal(name)
        with open(sealed.path, "rb") as file:
            return file.read()


class Open(Core):
    framework = "Python, open"

    def read(self, model, name):
        with model.open(name) as file:
            return file.read()


@every_case(Load(), Seal(), Open())
def test_core(run):
    run()
