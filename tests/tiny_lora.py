"""Makes a tiny LoRA adapter for the smallest model: low-rank changes from a fixed seed, large enough to be heard."""

from pathlib import Path

import gguf
import numpy as np

WIDTH, INNER, RANK = 576, 1536, 2
"""SmolLM2-135M: width of its layers and of what is inside them."""


def tiny_lora(path: Path, seed: int, strength: float = 0.02) -> Path:
    """An adapter of the feed-forward layers of four blocks, written to `path` as GGUF."""
    chance = np.random.default_rng(seed)
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_type("adapter")
    writer.add_string("adapter.type", "lora")
    writer.add_float32("adapter.lora.alpha", float(RANK))
    for block in (8, 14, 20, 26):
        name = f"blk.{block}.ffn_down.weight"
        inward = chance.normal(0, 1, (RANK, INNER)) * strength
        outward = chance.normal(0, 1, (WIDTH, RANK))
        writer.add_tensor(f"{name}.lora_a", inward.astype(np.float32))
        writer.add_tensor(f"{name}.lora_b", outward.astype(np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path
