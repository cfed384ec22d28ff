"""Models to sign: trees that clients have got wrong, or could."""

# Names of files in one folder. A colon is left to `colons`, since the Python
# client's shards cannot have one.
ODD_NAMES = [
    "two words", " leading", "trailing ", "-rf", "--help", "quote'", 'double"quote', "back\\slash", "new\nline",
    "tab\tulator", "semi;colon", "star*", "question?", "$HOME", "`id`", "100%", "%20", "#hash", "~", "...", ".hidden",
    "caf\u00e9", "cafe\u0301", "模型.bin", "😀.safetensors", "\u202egnirts", "x" * 255, "a,b", "[bracket]", "{brace}",
]


def write(folder, files):
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


def plain(folder):
    return write(folder, {"config.json": b"{}\n", "weights.bin": bytes(range(256)) * 40, "README.md": b"# model\n"})


def odd_names(folder):
    return write(folder, {name: name.encode() for name in ODD_NAMES})


def colons(folder):
    return write(folder, {"a:b": b"1", "w:0:10": b"2", ":": b"3", "c:/d:e": b"4"})


def order(folder):
    """Sorting by whole names and by path components differ here."""
    return write(folder, {"Z": b"1", "a.txt": b"2", "a/b": b"3", "a-b/x": b"4", "a b/y": b"5"})


def nested(folder):
    deep = "/".join(f"level{index}" for index in range(20))
    return write(folder, {f"{deep}/deep.bin": b"deep", "one/a": b"1", "one/two/a": b"2", "one/two/three/a": b"3"})


def many(folder):
    return write(folder, {f"part-{index:03}/{index % 7}.bin": b"%d" % index * (index % 50) for index in range(300)})


def empty_files(folder):
    return write(folder, {"empty": b"", "sub/empty": b"", "sub/other": b"", "full": b"something"})


def hidden(folder):
    return write(folder, {".config": b"1", ".cache/weights.bin": b"2", "sub/.git/config": b"signed",
                          "weights.bin": b"3"})


def git(folder):
    """What both clients leave out, beside a file."""
    return write(folder, {".git/HEAD": b"ref", ".gitattributes": b"* lfs", ".gitignore": b"*.tmp", ".github/ci.yml": b"",
                          "weights.bin": b"weights"})


def large(folder):
    """Over the buffers of both, and over 64 MiB, where our trees get nodes."""
    return write(folder, {"weights.bin": bytes(range(256)) * (66 * 4096), "small.bin": b"small"})


def single_file(folder):
    folder.mkdir()
    path = folder / "one model.gguf"
    path.write_bytes(b"GGUF" + bytes(5000))
    return path


FOLDERS = [plain, odd_names, colons, order, nested, many, empty_files, hidden, git, large]
