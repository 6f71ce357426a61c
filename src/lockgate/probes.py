"""What a probe of robustness of your own is made of: see docs/extending.md. Its public face."""

from lockgate.domain.measuring.probes import Probe, ProbeFamily
from lockgate.domain.model.inputs import Array, Column, DType
from lockgate.domain.model.profile import Profile

__all__ = ["Array", "Column", "DType", "Probe", "ProbeFamily", "Profile"]
