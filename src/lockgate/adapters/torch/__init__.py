"""PyTorch networks: kept as exported programs, which hold a graph and weights and no code, and converted by PyTorch."""

from lockgate.adapters.torch.networks import TorchNetworks, save

__all__ = ["TorchNetworks", "save"]
