from protocols.uplink.describe import describe
from protocols.uplink.explain import explain
from tests.protocols.codec import Laws
from tests.protocols.uplink.golden import everything
from tests.protocols.uplink.test_signed import ALL as SIGNED

LAWS = Laws(
    readers={"describe uplink": describe},
    explainers={"uplink": explain},
    golden=[one.envelope for one in everything()] + [one.message for one in SIGNED],
)
