import json

import cbor2
from hypothesis import given

from protocols import senml
from tests.protocols.senml.laws import NOW_S, packs


@given(packs)
def test_a_pack_means_the_same_in_both_forms(pack):
    for encode, decode in ((senml.encode_json, senml.decode_json), (senml.encode_cbor, senml.decode_cbor)):
        assert senml.resolve(decode(encode(pack)), NOW_S) == senml.resolve(pack, NOW_S)


@given(packs)
def test_senml_is_json_and_cbor_to_others(pack):
    assert len(json.loads(senml.encode_json(pack))) == len(cbor2.loads(senml.encode_cbor(pack))) == len(pack)
