import random
from contextlib import suppress
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.vocabulary import HardwareId, IdentityError, NeuronId, Point, TwinId, parse_gateway_id
from protocols.vocabulary.identity import CROCKFORD

codes = st.text("0123456789", min_size=16, max_size=16)
neurons = st.integers(0, (1 << 40) - 1).map(NeuronId.from_int)
schemes = st.from_regex(r"[a-z][a-z0-9]{0,15}", fullmatch=True)
hardware = st.builds(HardwareId, schemes, st.from_regex(r"[A-Za-z0-9._:@+~-]{1,64}", fullmatch=True))
points = st.builds(
    Point,
    neurons.map(str) | hardware.map(str),
    st.from_regex(r"[a-z][a-z0-9_]{0,47}", fullmatch=True),
    st.just("") | st.from_regex(r"[A-Za-z0-9_.-]{1,32}", fullmatch=True),
)

NASTY = [
    "",
    "\0",
    "\n",
    " ",
    "\ufeff",
    "\u202e",
    "\u200b",
    "\ud800",
    "💧",
    "../..",
    "%2e",
    "'\"<>${{}}",
    "=cmd|' /C calc'!A0",
    "１２３",
    "𝟙",
    "²",
    "é",
    "é",
    "а",
    "nul\0l",
    "a" * 65536,
    "1" * 65536,
    "-" * 65536,
    "3" * 17,
]


def spoilt(sound: str) -> list[str]:
    """A sound text with something before, behind or in it that a careless reader lets pass."""
    return [
        *(sound + tail for tail in ("\n", "\r\n", "\0", " ", "\u200b", "\ufeff", sound)),
        *(head + sound for head in ("\n", " ", "\ufeff", "+")),
        sound[:5] + "\n" + sound[5:],
        sound[:-1],
        sound.translate({ord("0") + i: ord("０") + i for i in range(10)}),
        sound.upper() if sound != sound.upper() else sound.lower(),
    ]


TWIN = "310151-0101-000001-7"
GATEWAY = "gw-chongming-1"


@pytest.mark.parametrize("text", NASTY)
@pytest.mark.parametrize(
    "parse", [TwinId.parse, TwinId.from_code, NeuronId.parse, HardwareId.parse, Point.parse, parse_gateway_id]
)
def test_nasty_texts_are_refused_in_one_short_line(parse, text: str) -> None:
    with pytest.raises(IdentityError) as caught:
        parse(text)
    message = str(caught.value)
    assert len(message) < 250
    assert message.isprintable()


@given(codes)
def test_a_twin_is_read_back_with_and_without_hyphens(code: str) -> None:
    twin = TwinId.from_code(code)
    assert TwinId.parse(str(twin)) == TwinId.parse(twin.compact) == twin
    assert str(twin) == f"{code[:6]}-{code[6:10]}-{code[10:]}-{twin.check}"
    assert twin.urn("Streetlight") == f"urn:ngsi-ld:Streetlight:{code}{twin.check}"
    assert twin.category == code[6:10]


@given(codes)
def test_every_wrong_digit_and_every_swap_of_neighbours_is_named(code: str) -> None:
    sound = TwinId.from_code(code).compact
    wrong = {
        sound[:place] + other + sound[place + 1 :]
        for place in range(16)
        for other in "0123456789"
        if other != sound[place]
    }
    wrong |= {sound[:16] + other for other in "0123456789X" if other != sound[16]}
    wrong |= {sound[:place] + b + a + sound[place + 2 :] for place, (a, b) in enumerate(pairwise(sound[:16])) if a != b}
    for text in wrong:
        with pytest.raises(IdentityError, match="check character"):
            TwinId.parse(text)
    if sound[15] != sound[16]:  # the swap with the check character: named, too, or no shape of a code at all (X)
        with pytest.raises(IdentityError):
            TwinId.parse(sound[:15] + sound[16] + sound[15])


@pytest.mark.parametrize("text", [t for t in spoilt(TWIN) if t != TWIN])
def test_a_spoilt_twin_is_refused(text: str) -> None:
    assert str(TwinId.parse(TWIN)) == TWIN
    with pytest.raises(IdentityError):
        TwinId.parse(text)


def test_the_check_character_x_is_upper_case() -> None:
    twin = next(t for n in range(1, 99) if (t := TwinId.compose("310151", "0101", n)).check == "X")
    assert TwinId.parse(twin.compact) == twin
    with pytest.raises(IdentityError):
        TwinId.parse(twin.compact.lower())


@pytest.mark.parametrize(
    ("district", "category", "serial"),
    [
        ("310151", "0101", 0),
        ("310151", "0101", 1_000_000),
        ("31015", "0101", 1),
        ("310151", "01O1", 1),
        ("３10151", "0101", 1),
    ],
)
def test_a_twin_is_not_composed_of_wrong_parts(district: str, category: str, serial: int) -> None:
    with pytest.raises(IdentityError):
        TwinId.compose(district, category, serial)


@given(st.integers(0, (1 << 40) - 1))
def test_a_neuron_is_read_back(number: int) -> None:
    neuron = NeuronId.from_int(number)
    assert NeuronId.parse(str(neuron)) == neuron
    assert int(neuron) == number
    assert len(str(neuron)) == 13


@given(neurons)
def test_every_wrong_character_of_a_neuron_is_named(neuron: NeuronId) -> None:
    sound = str(neuron)
    for place in range(4, 12):
        for other in CROCKFORD:
            if other != sound[place]:
                with pytest.raises(IdentityError, match="check character"):
                    NeuronId.parse(sound[:place] + other + sound[place + 1 :])


def test_nearly_every_swap_of_neighbours_in_a_neuron_is_named() -> None:
    # the hybrid systems of ISO 7064 promise all single errors, but of the swaps only nearly all: here 99.8 %
    rng, swaps, missed = random.Random(1), 0, 0
    for _ in range(2000):
        sound = str(NeuronId.from_int(rng.getrandbits(40)))
        for place in range(4, 11):
            a, b = sound[place : place + 2]
            if a != b:
                swaps += 1
                with suppress(IdentityError):
                    missed += NeuronId.parse(sound[:place] + b + a + sound[place + 2 :]) is not None
    assert 0 < missed < 0.003 * swaps


@pytest.mark.parametrize("text", spoilt(str(NeuronId.from_int(1 << 39 | 12345))))
def test_a_spoilt_neuron_is_refused(text: str) -> None:
    with pytest.raises(IdentityError):
        NeuronId.parse(text)


@pytest.mark.parametrize("letter", "ilou")
def test_letters_that_are_mistaken_for_others_are_not_in_a_neuron(letter: str) -> None:
    with pytest.raises(IdentityError, match="Crockford"):
        NeuronId.parse(f"nrn-0000000{letter}0")


def test_minted_neurons_differ() -> None:
    assert len({NeuronId.mint() for _ in range(1000)}) == 1000


@pytest.mark.parametrize("text", ["gw-a", "gw-" + "z" * 29, "gw-0-9", "gw--"])
def test_gateways(text: str) -> None:
    assert parse_gateway_id(text) == text


@pytest.mark.parametrize(
    "text",
    [
        *(t for t in spoilt(GATEWAY) if t != GATEWAY + GATEWAY and t != GATEWAY[:-1]),
        "gw-",
        "gw-" + "z" * 30,
        "gw-a_b",
        "gw-a/b",
        "gw-+",
        "gw-#",
    ],
)
def test_what_is_no_gateway(text: str) -> None:
    with pytest.raises(IdentityError):
        parse_gateway_id(text)


@given(points)
def test_a_point_is_read_back(point: Point) -> None:
    assert Point.parse(str(point)) == point
    assert str(point) == f"{point.source}/{point.series}"


@given(hardware)
def test_a_hardware_identity_is_read_back(identity: HardwareId) -> None:
    assert HardwareId.parse(str(identity)) == identity


@pytest.mark.parametrize(
    "text",
    [
        "mn:A1",
        "mn:A1/",
        "mn:A1//2",
        "mn:A1/ph/",
        "mn:A1/PH",
        "mn:A1/ph/a b",
        "mn:A1/ph/1/2",
        "mn:/ph",
        ":A1/ph",
        "mn/ph",
        "MN:A1/ph",
        "mn:A 1/ph",
        "mn:A1/9h",
        "mn:A1/" + "p" * 49,
        "mn:A1/ph/" + "c" * 33,
        "mn:" + "v" * 65 + "/ph",
        "nrn-000000001/ph",
        "mn:A1/ph\n",
        "mn:A1\n/ph",
        "mn:A1/ph/1\n",
        "mn:Ａ1/ph",
    ],
)
def test_what_is_no_point(text: str) -> None:
    with pytest.raises(IdentityError):
        Point.parse(text)
