"""Log-mel and VAD of all sessions in one batch on a device of PyTorch's. The only module that knows torch.

On a GPU it is cheaper to send a window's samples and to compute its log-mel anew than to keep that for each channel.
CTranslate2 reads a tensor of the GPU in place, by its `__cuda_array_interface__`, but knows nothing of torch's stream:
so what is handed over has been waited for.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch  # pyright: ignore[reportMissingModuleSource]
from torch.nn import functional  # pyright: ignore[reportMissingModuleSource]

from asr.hearing.mel import HANN, HOP, WIDTH, Sees, filters
from asr.hearing.sound import Float32
from asr.hearing.weights import tensors

STEP: Final = 128
"""Samples from one spectrum of the VAD's to the next."""


class TorchFront:
    """Features of windows of sound, computed on `device` ("cpu", "cuda", "cuda:1") for a model with `bands`."""

    sees: Sees = "sound"

    def __init__(self, device: str, bands: int) -> None:
        self._device = torch.device(device)
        self._hann = torch.from_numpy(HANN).to(self._device)
        self._filters = torch.from_numpy(filters(bands)).to(self._device)

    @torch.inference_mode()
    def features(self, views: Sequence[Float32], frames: int) -> Any:
        """See Front. The same as asr.mel computes, but for rounding."""
        heard = [min(frames, (len(view) - WIDTH) // HOP + 1) for view in views]
        sound = np.zeros((len(views), (frames - 1) * HOP + WIDTH), np.float32)
        for row, view in zip(sound, views, strict=True):
            kept = min(len(row), len(view))
            row[:kept] = view[:kept]
        log = self._log(torch.from_numpy(sound).to(self._device))
        known = (
            torch.arange(frames, device=self._device)[None]
            < torch.tensor(heard, device=self._device)[:, None]
        )
        inside = known[:, None]
        clamp = torch.where(inside, log, -torch.inf).amax(dim=(1, 2), keepdim=True) - 8
        out = (torch.maximum(torch.where(inside, log, clamp), clamp) + 4) / 4
        return self._handed_over(out.contiguous())

    def _log(self, sound: torch.Tensor) -> torch.Tensor:
        windows = sound.unfold(1, WIDTH, HOP) * self._hann
        power = torch.fft.rfft(windows).abs().square()
        mel = torch.einsum("bk,nfk->nbf", self._filters, power)
        return mel.clamp(min=1e-10).log10()

    def _handed_over(self, features: torch.Tensor) -> Any:
        if self._device.type == "cpu":
            return features.numpy()
        torch.cuda.current_stream(self._device).synchronize()
        return features


class TorchSilero:
    """The VAD of `silero.py` with the weights of the same ONNX file, on `device`: what the graph does, by hand.

    ONNX Runtime for a GPU is another package that replaces the one for the CPU and brings a CUDA of its own; the model
    is six small layers, and runs here in the same process and on the same stream as the log-mel.
    """

    def __init__(self, model: Path, device: str) -> None:
        self._device = torch.device(device)
        named = {
            name: torch.from_numpy(array).to(self._device)
            for name, array in tensors(model.read_bytes()).items()
        }
        self._spectrum = named["model.stft.forward_basis_buffer"]
        layers = [f"model.encoder.{number}.reparam_conv." for number in range(4)]
        self._layers = [(named[layer + "weight"], named[layer + "bias"]) for layer in layers]
        cell = "model.decoder.rnn."
        self._cell = [named[cell + name] for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")]
        last = "model.decoder.decoder.2."
        self._last = (named[last + "weight"][..., 0], named[last + "bias"])

    @staticmethod
    def fresh(streams: int) -> Float32:
        """The memory of streams that have heard nothing, (2, streams, 128)."""
        return np.zeros((2, streams, 128), np.float32)

    @torch.inference_mode()
    def judge(self, frames: Float32, memory: Float32) -> tuple[Float32, Float32]:
        """See asr.hearing.judge.Vad."""
        sound = torch.from_numpy(np.ascontiguousarray(frames)).to(self._device)
        before = torch.from_numpy(np.ascontiguousarray(memory)).to(self._device)
        padded = functional.pad(sound[:, None], (0, STEP // 2), mode="reflect")
        parts = functional.conv1d(padded, self._spectrum, stride=STEP)
        real, imaginary = parts.chunk(2, dim=1)
        layer = torch.sqrt(real.square() + imaginary.square())
        for (weight, bias), stride in zip(self._layers, (1, 2, 2, 1), strict=True):
            layer = torch.relu(functional.conv1d(layer, weight, bias, stride=stride, padding=1))
        hidden, cell = _lstm(layer[..., 0], before[0], before[1], self._cell)
        chances = torch.sigmoid(functional.linear(torch.relu(hidden), *self._last))
        return chances[:, 0].cpu().numpy(), torch.stack([hidden, cell]).cpu().numpy()


def _lstm(
    sound: torch.Tensor, hidden: torch.Tensor, cell: torch.Tensor, weights: Sequence[torch.Tensor]
) -> tuple[torch.Tensor, torch.Tensor]:
    """One step of an LSTM; gates in torch's order: input, forget, cell, output."""
    into, again, bias, other = weights
    gates = functional.linear(sound, into, bias) + functional.linear(hidden, again, other)
    enter, forget, fresh, leave = gates.chunk(4, dim=1)
    cell = torch.sigmoid(forget) * cell + torch.sigmoid(enter) * torch.tanh(fresh)
    return torch.sigmoid(leave) * torch.tanh(cell), cell
