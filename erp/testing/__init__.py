"""The third door: what plugins' simulators and tests are built from."""

from erp.testing.simulators import Asked as Asked
from erp.testing.simulators import Logged as Logged
from erp.testing.simulators import Said as Said
from erp.testing.simulators import Simulator as Simulator
from erp.testing.simulators import serve as serve
