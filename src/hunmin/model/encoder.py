"""Image → memory: two encoders behind one contract.

Legend: N batch, H W pixels, R rows and Q columns of the grid, S = R*Q memory length, D width.

An encoder maps (N, 3, H, W) float32 to (N, R*Q, D), row by row, nothing else in it (no CLS token), and says by `grid(H, W)` what
R and Q are: H and W divided by its `strides`. H and W are multiples of those.
"""

import math
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from hunmin.model.config import EncoderConfig, Stage


class Grid(NamedTuple):
    """Rows and columns of the memory."""

    rows: int
    columns: int


def attend(query: Tensor, key: Tensor, value: Tensor, hidden: Tensor | None = None) -> Tensor:
    """Scaled dot-product attention (Attention Is All You Need, section 3.2.1), each head for itself.

    By torch's fused kernel, except for learning in bf16 on a CPU, where its backward pass is so slow that products of matrices,
    for which such CPUs have units, make a training step a fifth shorter.

    Args:
        query: (N, A, Q, D/A).
        key: (N, A, S, D/A).
        value: (N, A, S, D/A).
        hidden: broadcastable to (N, A, Q, S) bool, True = may not attend.

    Returns:
        (N, A, Q, D/A).
    """
    if query.device.type != "cpu" or query.dtype != torch.bfloat16 or not torch.is_grad_enabled():
        return F.scaled_dot_product_attention(query, key, value, attn_mask=None if hidden is None else ~hidden)
    scores = query * query.shape[3] ** -0.5 @ key.transpose(2, 3)
    if hidden is not None:
        scores = scores.masked_fill(hidden, -torch.inf)
    with torch.autocast("cpu", enabled=False):  # which would take the scores to 32 bits and back
        weights = scores.softmax(dim=3)
    attended: Tensor = weights @ value
    return attended


class SelfAttention(nn.Module):
    """Multi-head self-attention with one fused projection; parameter names as in timm."""

    def __init__(self, width: int, num_heads: int) -> None:
        super().__init__()
        self.num_heads = num_heads
        self.qkv = nn.Linear(width, 3 * width)
        self.proj = nn.Linear(width, width)

    def forward(self, tokens: Tensor) -> Tensor:
        """(N, S, D) → (N, S, D)."""
        query, key, value = self.qkv(tokens).unflatten(2, (3, self.num_heads, -1)).permute(2, 0, 3, 1, 4)
        mixed: Tensor = self.proj(attend(query, key, value).transpose(1, 2).flatten(2))
        return mixed


class Mlp(nn.Module):
    """Two linear maps with a GELU between; parameter names as in timm."""

    def __init__(self, width: int, hidden: int, dropout: float) -> None:
        super().__init__()
        self.fc1 = nn.Linear(width, hidden)
        self.fc2 = nn.Linear(hidden, width)
        self.dropout = nn.Dropout(dropout)

    def forward(self, tokens: Tensor) -> Tensor:
        """(..., D) → (..., D)."""
        mapped: Tensor = self.fc2(self.dropout(F.gelu(self.fc1(tokens))))
        return mapped


class Block(nn.Module):
    """A pre-norm transformer block."""

    def __init__(self, width: int, num_heads: int, mlp_ratio: float, dropout: float) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(width)
        self.attn = SelfAttention(width, num_heads)
        self.norm2 = nn.LayerNorm(width)
        self.mlp = Mlp(width, int(width * mlp_ratio), dropout)
        self.dropout = nn.Dropout(dropout)

    def forward(self, tokens: Tensor) -> Tensor:
        """(N, S, D) → (N, S, D)."""
        tokens = tokens + self.dropout(self.attn(self.norm1(tokens)))
        mapped: Tensor = tokens + self.dropout(self.mlp(self.norm2(tokens)))
        return mapped


class PatchEmbed(nn.Module):
    """Non-overlapping patches through one linear map; parameter names as in timm."""

    def __init__(self, patch_height: int, patch_width: int, width: int) -> None:
        super().__init__()
        self.proj = nn.Conv2d(3, width, (patch_height, patch_width), (patch_height, patch_width))

    def forward(self, images: Tensor) -> Tensor:
        """(N, 3, H, W) → (N, D, R, Q)."""
        patches: Tensor = self.proj(images)
        return patches


class VitEncoder(nn.Module):
    """The paper's encoder (PARSeq, section 3.1): a ViT without CLS token; each row of positions is cut to the image's width."""

    def __init__(self, config: EncoderConfig, height_px: int, max_width_px: int, dropout: float) -> None:
        super().__init__()
        self.strides = (config.patch_height_px, config.patch_width_px)
        self.max_grid = self.grid(height_px, max_width_px)
        self.patch_embed = PatchEmbed(*self.strides, config.width)
        self.pos_embed = nn.Parameter(torch.empty(1, self.max_grid.rows * self.max_grid.columns, config.width))
        nn.init.trunc_normal_(self.pos_embed, std=0.02)
        self.blocks = nn.ModuleList(
            Block(config.width, config.num_heads, config.mlp_ratio, dropout) for _ in range(config.depth)
        )
        self.norm = nn.LayerNorm(config.width)

    def grid(self, height_px: int, width_px: int) -> Grid:
        """Rows and columns of the memory for an image of this size."""
        return Grid(height_px // self.strides[0], width_px // self.strides[1])

    def forward(self, images: Tensor) -> Tensor:
        """(N, 3, H, W) float32 → (N, R*Q, D)."""
        patches = self.patch_embed(images)
        positions = self.pos_embed.unflatten(1, self.max_grid)[:, :, : patches.shape[3]]
        tokens = patches.flatten(2).transpose(1, 2) + positions.flatten(1, 2)
        for block in self.blocks:
            tokens = block(tokens)
        normed: Tensor = self.norm(tokens)
        return normed


class ConvStage(nn.Module):
    """A strided convolution, then residual 3x3 convolutions, each with batch normalisation and ReLU."""

    def __init__(self, in_channels: int, stage: Stage) -> None:
        super().__init__()
        strides = (stage.stride_rows, stage.stride_columns)
        kernel = (stage.kernel, stage.kernel) if stage.kernel else (max(3, stage.stride_rows), 3)
        # A kernel as tall or wide as its stride needs no edge.
        rows, columns = (0 if size == stride else size // 2 for size, stride in zip(kernel, strides, strict=True))
        self.down = nn.Sequential(
            nn.Conv2d(
                in_channels,
                stage.channels,
                kernel,
                strides,
                padding=(rows, columns),
                bias=False,
            ),
            nn.BatchNorm2d(stage.channels),
            nn.ReLU(inplace=True),
        )
        self.blocks = nn.ModuleList(
            nn.Sequential(
                nn.Conv2d(stage.channels, stage.channels, 3, padding=1, bias=False), nn.BatchNorm2d(stage.channels)
            )
            for _ in range(stage.num_blocks)
        )

    def forward(self, features: Tensor) -> Tensor:
        """(N, C_in, H, W) → (N, C_out, H / stride_rows, W / stride_columns)."""
        features = self.down(features)
        for block in self.blocks:
            features = F.relu(features + block(features))
        return features


class HybridEncoder(nn.Module):
    """A convolution stem down to a coarse grid, then attention over the grid."""

    def __init__(self, config: EncoderConfig, height_px: int, max_width_px: int, dropout: float) -> None:
        super().__init__()
        stages, channels = [], 3
        for stage in config.stem:
            stages.append(ConvStage(channels, stage))
            channels = stage.channels
        self.strides = (
            math.prod(stage.stride_rows for stage in config.stem),
            math.prod(stage.stride_columns for stage in config.stem),
        )
        self.stem = nn.Sequential(*stages)
        self.proj = nn.Conv2d(channels, config.width, 1)
        rows, columns = self.grid(height_px, max_width_px)
        self.row_embed = nn.Parameter(torch.empty(rows, 1, config.width))
        nn.init.trunc_normal_(self.row_embed, std=0.02)
        # Fixed sinusoids, so that lines longer than any in training still have sensible positions.
        self.register_buffer("column_embed", sinusoids(columns, config.width), persistent=False)
        self.column_embed: Tensor
        self.blocks = nn.ModuleList(
            Block(config.width, config.num_heads, config.mlp_ratio, dropout) for _ in range(config.depth)
        )
        self.norm = nn.LayerNorm(config.width)

    def grid(self, height_px: int, width_px: int) -> Grid:
        """Rows and columns of the memory for an image of this size."""
        return Grid(height_px // self.strides[0], width_px // self.strides[1])

    def forward(self, images: Tensor) -> Tensor:
        """(N, 3, H, W) float32 → (N, R*Q, D)."""
        features = self.proj(self.stem(images)).permute(0, 2, 3, 1)
        tokens = (features + self.row_embed + self.column_embed[: features.shape[2]]).flatten(1, 2)
        for block in self.blocks:
            tokens = block(tokens)
        normed: Tensor = self.norm(tokens)
        return normed


def sinusoids(length: int, width: int) -> Tensor:
    """Fixed positions (Attention Is All You Need, section 3.5): (length, width) float32, root mean square 0.71."""
    position = torch.arange(length, dtype=torch.float32)[:, None]
    rate = torch.exp(torch.arange(0, width, 2, dtype=torch.float32) * (-math.log(10_000.0) / width))
    return torch.stack((torch.sin(position * rate), torch.cos(position * rate)), dim=2).flatten(1)[:, :width]


Encoder = VitEncoder | HybridEncoder
ENCODERS: dict[str, type[VitEncoder] | type[HybridEncoder]] = {"vit": VitEncoder, "hybrid": HybridEncoder}
