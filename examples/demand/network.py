"""The network of PyTorch: nobody but who trains waits for that."""

import numpy as np
import torch
from demand import DAY, WEEK, WINDOW, Network
from torch import nn

from lockgate.project import Trained, params, save_torch


class Forecast(nn.Module):
    """Half hours (rows, 336) to megawatts (rows, 1): those of a week before, and what a small network adds."""

    def __init__(self, hidden):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(WEEK, hidden), nn.ReLU(), nn.Linear(hidden, 1))

    def forward(self, window):
        level = window.mean(dim=1, keepdim=True)
        return window[:, DAY - 1 : DAY] + 1000 * self.layers((window - level) / 5000)


def train(run):
    settings = params("train.network", Network)
    torch.manual_seed(settings.seed)
    torch.set_num_threads(1)
    windows, truth = torch.from_numpy(run.training["window"]), torch.from_numpy(run.training["demand"])
    later = torch.from_numpy(run.validation["window"])
    model = Forecast(settings.hidden)
    optimizer = torch.optim.AdamW(model.parameters(), settings.learning_rate)
    for epoch in range(1, settings.epochs + 1):
        for batch in torch.randperm(len(windows)).split(settings.batch_size):
            optimizer.zero_grad()
            (model(windows[batch])[:, 0] - truth[batch]).abs().mean().backward()
            optimizer.step()
        with torch.no_grad():
            error = np.abs(model(later)[:, 0].numpy() - run.validation["demand"]).mean()
        run.epoch(epoch, settings.epochs, validation_mae=float(error))
    save_torch(model.eval(), [WINDOW], run.folder / "network.pt2")
    return Trained("torch", "network.pt2", (WINDOW,))
