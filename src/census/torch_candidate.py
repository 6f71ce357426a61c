"""The PyTorch candidate: a small network over scaled numbers and one-hot texts."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import nn

from census.columns import CLASSES, LABEL
from census.early_stopping import Best
from census.params import Network
from census.preprocessing import fit, matrix
from lockgate.project import Column, ModelError, Trained, TrainingRun, params, save_preprocessing, save_torch


class Classifier(nn.Module):
    """Features to the probabilities of the two classes; the logits are for training only."""

    def __init__(self, features: int, settings: Network) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        width = features
        for hidden in settings.hidden:
            layers += [nn.Linear(width, hidden), nn.ReLU(), nn.Dropout(settings.dropout)]
            width = hidden
        self.layers = nn.Sequential(*layers, nn.Linear(width, len(CLASSES)))

    def logits(self, features: torch.Tensor) -> torch.Tensor:
        """Before the softmax, ``(rows, 2)``."""
        answer: torch.Tensor = self.layers(features)
        return answer

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Probabilities, ``(rows, 2)``."""
        return torch.softmax(self.logits(features), dim=1)


def train(run: TrainingRun, inputs: Sequence[Column]) -> Trained:
    """Fit preprocessing and network; the epoch with the best validation loss is kept."""
    settings = params(f"train.{run.candidate}", Network)
    device = choose_device(settings.device)
    torch.manual_seed(settings.seed)
    torch.use_deterministic_algorithms(True)  # noqa: FBT003 - torch's own signature
    transformer = fit(run.training, inputs)
    features, labels = _tensors(transformer, run.training, inputs, device)
    model = Classifier(features.shape[1], settings).to(device)
    _learn(run, model, settings, (features, labels), _tensors(transformer, run.validation, inputs, device))
    save_preprocessing(transformer, run.folder / "preprocessing.skops")
    save_torch(model.to("cpu").eval(), features.shape[1], run.folder / "network.pt2")
    return Trained("torch", "network.pt2", tuple(inputs), CLASSES, preprocessing="preprocessing.skops")


def choose_device(wanted: str) -> torch.device:
    """``auto`` takes a GPU where there is one. Raises ``ModelError`` where one is demanded in vain."""
    available = torch.cuda.is_available()
    if wanted == "cuda" and not available:
        raise ModelError(
            "train.torch.device is cuda, and this machine has no CUDA device", hint="set it to auto or cpu"
        )
    return torch.device("cuda" if available and wanted != "cpu" else "cpu")


Pair = tuple[torch.Tensor, torch.Tensor]


def _learn(run: TrainingRun, model: Classifier, settings: Network, training: Pair, validation: Pair) -> None:
    optimizer = torch.optim.AdamW(model.parameters(), settings.learning_rate, weight_decay=settings.weight_decay)
    shuffle = torch.Generator().manual_seed(settings.seed)
    best: Best[dict[str, Any]] = Best(settings.patience)
    for number in range(1, settings.epochs + 1):
        loss = _epoch(model, optimizer, training, settings.batch_size, shuffle)
        with torch.no_grad():
            model.eval()
            validation_loss = float(nn.functional.cross_entropy(model.logits(validation[0]), validation[1]))
        run.epoch(number, settings.epochs, loss=loss, validation_loss=validation_loss)
        if best.better(validation_loss):
            best.state = {name: value.clone() for name, value in model.state_dict().items()}
        if best.over:
            break
    if best.state is not None:
        model.load_state_dict(best.state)


def _epoch(
    model: Classifier, optimizer: torch.optim.Optimizer, data: Pair, batch_size: int, shuffle: torch.Generator
) -> float:
    model.train()
    features, labels = data
    total = 0.0
    for batch in torch.randperm(len(features), generator=shuffle).split(batch_size):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model.logits(features[batch]), labels[batch])
        loss.backward()
        optimizer.step()
        total += float(loss.detach()) * len(batch)
    return total / len(features)


def _tensors(transformer: Any, columns: Any, inputs: Sequence[Column], device: torch.device) -> Pair:
    labels = (columns[LABEL] == CLASSES[1]).astype(np.int64)
    features = torch.from_numpy(matrix(transformer, columns, inputs))
    return features.to(device), torch.from_numpy(labels).to(device)
