from tests.repairs.conftest import shop as shop
