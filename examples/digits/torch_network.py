"""The network of PyTorch."""

import torch
from digits import CLASSES, IMAGE, Network
from torch import nn

from lockgate.project import Trained, params, save_torch


class Classifier(nn.Module):
    """Images (rows, 8, 8) of 0 to 16 to the probabilities of the ten digits."""

    def __init__(self, filters):
        super().__init__()
        first, second = nn.Conv2d(1, filters, 3, padding=1), nn.Conv2d(filters, 2 * filters, 3, padding=1)
        pooled = (nn.ReLU(), nn.MaxPool2d(2))
        self.layers = nn.Sequential(first, *pooled, second, *pooled, nn.Flatten(), nn.Linear(8 * filters, 10))

    def logits(self, image):
        return self.layers(image.to(self.layers[-1].weight.dtype).unsqueeze(1) / 16)

    def forward(self, image):
        return self.logits(image).softmax(dim=1)


def train(run):
    settings = params("train.torch", Network)
    torch.manual_seed(settings.seed)
    torch.set_num_threads(1)  # the images are small: more threads wait for each other
    images, digits = torch.from_numpy(run.training["image"]), torch.from_numpy(run.training["digit"])
    model = Classifier(settings.filters)
    optimizer = torch.optim.Adam(model.parameters(), settings.learning_rate)
    for epoch in range(1, settings.epochs + 1):
        for batch in torch.randperm(len(images)).split(settings.batch_size):
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model.logits(images[batch]), digits[batch])
            loss.backward()
            optimizer.step()
        run.epoch(epoch, settings.epochs, loss=float(loss.detach()))
    save_torch(model.eval(), [IMAGE], run.folder / "network.pt2")
    return Trained("torch", "network.pt2", (IMAGE,), CLASSES)
