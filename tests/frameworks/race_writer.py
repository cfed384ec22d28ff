"""Changes a file as fast as it can, and makes it good again each time, until it is ended.

usage: race_writer.py FILE GOOD OTHER KINDS

GOOD is a copy of the file, OTHER another signed file of the same size. KINDS are some of
in-place, truncate, rename and swap, with commas.
"""
import os
import random
import sys
import time


class Writer:
    def __init__(self, path, good, other):
        self.path = path
        self.aside = path + ".aside"
        with open(good, "rb") as file:
            self.good = file.read()
        with open(other, "rb") as file:
            self.other = file.read()

    def in_place(self):
        """Writes some pages of the other file, then those that belong there."""
        begin = random.randrange(len(self.good))
        end = begin + random.choice([1, 4096, 1 << 20])
        with open(self.path, "r+b", buffering=0) as file:
            os.pwrite(file.fileno(), self.other[begin:end], begin)
            self.pause()
            os.pwrite(file.fileno(), self.good[begin:end], begin)

    def truncate(self):
        size = random.randrange(len(self.good))
        with open(self.path, "r+b", buffering=0) as file:
            file.truncate(size)
            self.pause()
            os.pwrite(file.fileno(), self.good[size:], size)

    def rename(self):
        """Renames a file with the other content over it, then one with its own."""
        for content in (self.other, self.good):
            with open(self.aside, "wb") as file:
                file.write(content)
            os.replace(self.aside, self.path)
            self.pause()

    def swap(self):
        """Moves it away, so that for a moment there is none, and back."""
        os.replace(self.path, self.aside)
        with open(self.path, "wb") as file:
            file.write(self.other)
        self.pause()
        os.replace(self.aside, self.path)

    @staticmethod
    def pause():
        # Mostly none; sometimes long enough for a load to see one state alone.
        if random.random() < 0.3:
            time.sleep(random.random() * 0.005)


def main(path, good, other, kinds):
    writer = Writer(path, good, other)
    changes = [getattr(writer, kind.replace("-", "_")) for kind in kinds.split(",")]
    print("ready", flush=True)
    while True:
        random.choice(changes)()
        if random.random() < 0.5:
            time.sleep(random.random() * 0.01)


if __name__ == "__main__":
    main(*sys.argv[1:])
