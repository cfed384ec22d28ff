"""Tiny models of random weights: one that llama.cpp evaluates, one for ONNX Runtime."""
import random
import struct

WIDTH, INNER, VOCABULARY = 32, 64, 32
UINT32, FLOAT32, STRING = 4, 6, 8
ALIGNMENT = 32


# --- GGUF, version 3 (github.com/ggml-org/ggml, docs/gguf.md) -------------------------------


def text(value):
    data = value.encode()
    return struct.pack("<Q", len(data)) + data


def field(key, value):
    if isinstance(value, str):
        return text(key) + struct.pack("<I", STRING) + text(value)
    kind, code = (FLOAT32, "<If") if isinstance(value, float) else (UINT32, "<II")
    return text(key) + struct.pack(code, kind, value)


FIELDS = {
    "general.architecture": "llama",
    "tokenizer.ggml.model": "no_vocab",
    "llama.vocab_size": VOCABULARY,
    "llama.context_length": 64,
    "llama.embedding_length": WIDTH,
    "llama.block_count": 1,
    "llama.feed_forward_length": INNER,
    "llama.attention.head_count": 2,
    "llama.attention.head_count_kv": 2,
    "llama.attention.layer_norm_rms_epsilon": 1e-5,
    "llama.rope.dimension_count": WIDTH // 2,
}
TENSORS = {
    "token_embd.weight": (WIDTH, VOCABULARY),
    "output_norm.weight": (WIDTH,),
    "output.weight": (WIDTH, VOCABULARY),
    "blk.0.attn_norm.weight": (WIDTH,),
    "blk.0.attn_q.weight": (WIDTH, WIDTH),
    "blk.0.attn_k.weight": (WIDTH, WIDTH),
    "blk.0.attn_v.weight": (WIDTH, WIDTH),
    "blk.0.attn_output.weight": (WIDTH, WIDTH),
    "blk.0.ffn_norm.weight": (WIDTH,),
    "blk.0.ffn_gate.weight": (WIDTH, INNER),
    "blk.0.ffn_up.weight": (WIDTH, INNER),
    "blk.0.ffn_down.weight": (INNER, WIDTH),
}


def weights(source, count):
    return struct.pack(f"<{count}f", *(source.uniform(-1, 1) for _ in range(count)))


def gguf(seed):
    source, infos, data = random.Random(seed), b"", b""
    for name, shape in TENSORS.items():
        count = shape[0] * (shape[1] if len(shape) > 1 else 1)
        infos += text(name) + struct.pack(f"<I{len(shape)}QIQ", len(shape), *shape, 0, len(data))
        data += weights(source, count)  # each a multiple of the alignment
    head = struct.pack("<4sIQQ", b"GGUF", 3, len(TENSORS), len(FIELDS))
    head += b"".join(field(key, value) for key, value in FIELDS.items()) + infos
    return head + bytes(-len(head) % ALIGNMENT) + data


def write_gguf(folder, seed):
    (folder / "model.gguf").write_bytes(gguf(seed))


# --- ONNX ------------------------------------------------------------------------------------


def write_onnx(folder, seed):
    """y = x * w, with w in a file beside it."""
    import onnx
    from onnx import TensorProto, helper
    size = 16
    kept = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[size, size],
                       data_location=TensorProto.EXTERNAL)
    for key, value in {"location": "weights.bin", "offset": "0", "length": str(4 * size * size)}.items():
        kept.external_data.add(key=key, value=value)
    graph = helper.make_graph([helper.make_node("MatMul", ["x", "w"], ["y"])], "product",
                              [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, size])],
                              [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, size])], [kept])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)
    onnx.save(model, folder / "model.onnx")
    (folder / "weights.bin").write_bytes(weights(random.Random(seed), size * size))
