from protocols.uplink.describe import describe
from protocols.uplink.explain import explain
from tests.protocols.codec import Laws
from tests.protocols.uplink.golden import everything

LAWS = Laws(
    readers={"describe uplink": describe}, explainers={"uplink": explain}, golden=[one.envelope for one in everything()]
)
