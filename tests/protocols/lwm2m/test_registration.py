import pytest

from protocols import coap
from protocols.lwm2m import (
    Call,
    Deregistering,
    Path,
    Refused,
    Registering,
    Registration,
    Update,
    Updating,
    read_request,
)
from protocols.lwm2m.offer import Offer
from tests.protocols.golden import frames

LINKS = b'</>;rt="oma.lwm2m",</1/0>,</3/0>'
OFFER = Offer((Path(1, 0), Path(3, 0)))


def register(*query, payload=LINKS, content_format=40, known=None):
    request = read_request(Call("POST", ("rd",), query, content_format, payload), known)
    assert isinstance(request, Registering)
    return request.registration


def update(*query, payload=b"", content_format=None):
    request = read_request(Call("POST", ("rd", "0"), query, content_format, payload))
    assert isinstance(request, Updating)
    return request.update


def captured(identifier):
    (row,) = [row for row in frames("coap", "COAP_LWM2M") if row["id"] == identifier]
    message = coap.decode(bytes.fromhex(row["frame"]))
    return read_request(Call("POST", message.texts(11), message.texts(15), message.uint(12), message.payload))


def test_the_registration_of_a_bc68():
    request = captured("pub-coap-lwm2m-001")
    objects = tuple(Path(number, 0) for number in (1, 3, 4, 19, 5, 20))
    assert request == Registering(Registration("867723030005655", 86_400, "1.0", "U", offer=Offer(objects)))


def test_the_registration_of_embarc_with_blanks_between_its_links():
    registration = captured("pub-coap-lwm2m-004").registration
    assert (registration.endpoint, registration.lifetime_s) == ("embARC-test", 30)
    assert registration.offer.objects == (1, 3, 6, 3303)


def test_queue_mode_of_version_1_1():
    registration = captured("pub-constructed-coap-lwm2m-004").registration
    assert (registration.version, registration.binding, registration.queue_mode) == ("1.1", "U", True)
    assert registration.offer.instances == (Path(1, 0), Path(3, 0), Path(19, 0), Path(19, 1), Path(3303, 0))


def test_an_update_without_anything_renews():
    assert captured("pub-coap-lwm2m-005") == Updating("0", Update())


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (("ep=a",), Registration("a", 86_400, "1.0", "U", offer=OFFER)),
        (("lt=60", "lwm2m=1.1", "Q", "b=U", "ep=a"), Registration("a", 60, "1.1", "U", True, offer=OFFER)),
        (("ep=a", "b=UQ"), Registration("a", binding="U", queue_mode=True, offer=OFFER)),
        (("ep=a", "b=UQS", "sms=+86138"), Registration("a", binding="US", queue_mode=True, sms="+86138", offer=OFFER)),
        (("ep=a", "lwm2m=1.1", "b=UQ"), Registration("a", version="1.1", binding="U", queue_mode=True, offer=OFFER)),
        (("ep=a", "Q"), Registration("a", queue_mode=True, offer=OFFER)),
        (("ep=a", "lwm2m=1.1", "b=UTN"), Registration("a", version="1.1", binding="UTN", offer=OFFER)),
        (("ep=a", "lwm2m=1.1", "lt=0"), Registration("a", 0, "1.1", offer=OFFER)),
        (("ep=a", "lt=4294967295"), Registration("a", 2**32 - 1, offer=OFFER)),
        (("ep=a", "lwm2m=1.2"), Registration("a", version="1.2", offer=OFFER)),
        (("ep=a", "et=x", "pid"), Registration("a", offer=OFFER, extra=(("et", "x"), ("pid", None)))),
        (("ep=a=b",), Registration("a=b", offer=OFFER)),
        (("ep=崇明 1",), Registration("崇明 1", offer=OFFER)),
    ],
)  # fmt: skip
def test_parameters_in_any_order(query, expected):
    assert register(*query) == expected
    assert register(*query[::-1], payload=LINKS).endpoint == expected.endpoint


@pytest.mark.parametrize(
    ("query", "code", "says"),
    [
        ((), "4.00", "parameter ep is missing"),
        (("ep",), "4.00", "parameter ep is missing"),
        (("ep=",), "4.00", "endpoint name ''"),
        (("ep=" + "x" * 253,), "4.00", "expected 1 to 252 bytes"),
        (("ep=" + "海" * 85,), "4.00", "expected 1 to 252 bytes"),
        (("ep=a\0b",), "4.00", "printable"),
        (("ep=a\r\nb",), "4.00", "printable"),
        (("ep=\u202ea",), "4.00", "printable"),
        (("ep=\ud800",), "4.00", "printable"),
        (("ep=a", "ep=b"), "4.00", "comes twice"),
        (("ep=a", "lt=0"), "4.00", "lt='0': expected 1 to 4294967295 seconds"),
        (("ep=a", "lt=4294967296"), "4.00", "lt="),
        (("ep=a", "lt=-1"), "4.00", "lt="),
        (("ep=a", "lt=60.0"), "4.00", "lt="),
        (("ep=a", "lt=1_000"), "4.00", "lt="),
        (("ep=a", "lt=６０"), "4.00", "lt="),
        (("ep=a", "lt="), "4.00", "lt="),
        (("ep=a", "lt"), "4.00", "lt="),
        (("ep=a", "lwm2m=2.0"), "4.12", "lwm2m=2.0: expected 1.0, 1.1, 1.2"),
        (("ep=a", "lwm2m=one"), "4.00", "expected a version"),
        (("ep=a", "b="), "4.00", "b=''"),
        (("ep=a", "b=Q"), "4.00", "b='Q'"),
        (("ep=a", "b=X"), "4.00", "b='X'"),
        (("ep=a", "b=UU"), "4.00", "b='UU'"),
        (("ep=a", "b=u"), "4.00", "b='u'"),
        (("ep=a", "Q=1"), "4.00", "parameter Q has no value"),
        (("ep=a", "sms=abc"), "4.00", "sms="),
    ],
)  # fmt: skip
def test_refused(query, code, says):
    with pytest.raises(Refused) as refused:
        register(*query)
    assert refused.value.code == code
    assert says in str(refused.value)
    assert str(refused.value).isprintable()


def test_the_name_that_the_security_layer_vouches_for():
    assert register(known="a").endpoint == "a"
    assert register("ep=a", known="a").endpoint == "a"
    with pytest.raises(Refused, match="is not the one of these credentials") as refused:
        register("ep=another", known="a")
    assert refused.value.code == "4.03"


@pytest.mark.parametrize(
    ("payload", "content_format", "code"),
    [(b"", 40, "4.00"), (LINKS, 0, "4.15"), (LINKS, 42, "4.15"), (b"x", 40, "4.00"), (b"</65535/0>", 40, "4.00"),
     (b"</3/99999>", 40, "4.00"), (b"</3>;ver=x", 40, "4.00"), (b'</>;rt="oma.lwm2m";ct="a"', 40, "4.00")],
)  # fmt: skip
def test_payloads_that_are_no_objects(payload, content_format, code):
    with pytest.raises(Refused) as refused:
        register("ep=a", payload=payload, content_format=content_format)
    assert refused.value.code == code


def test_modems_leave_the_content_format_out():
    assert register("ep=a", content_format=None).offer == OFFER


def test_updates_say_what_changed():
    assert update("lt=30") == Update(lifetime_s=30)
    assert update("b=U", "Q") == Update(binding="U", queue_mode=True)
    assert update("b=U") == Update(binding="U", queue_mode=False)
    assert update("b=UQ") == Update(binding="U", queue_mode=True)
    assert update("sms=13800755500") == Update(sms="13800755500")
    assert update("ep=a", "x=1") == Update(extra=(("x", "1"),))
    assert update(payload=b"</1/0>", content_format=40) == Update(offer=Offer((Path(1, 0),)))
    for query in (("lt=0x10",), ("b=?",), ("lt=1", "lt=2")):
        with pytest.raises(Refused):
            update(*query)


def test_an_update_changes_only_what_it_says():
    registered = Registration("a", 60, "1.1", "U", True, "123", OFFER, (("x", "1"),))
    assert Update().applied_to(registered) == registered
    assert Update(lifetime_s=0).applied_to(registered).lifetime_s == 0
    changed = Update(30, "UT", False, offer=Offer((Path(3303, 1),))).applied_to(registered)
    assert changed == Registration("a", 30, "1.1", "UT", False, "123", Offer((Path(3303, 1),)), (("x", "1"),))


@pytest.mark.parametrize(
    ("method", "path", "request_"),
    [
        ("DELETE", ("rd", "0"), Deregistering("0")),
        ("DELETE", ("rd", "a", "b"), Deregistering("a/b")),
        ("PUT", ("rd", "0"), Updating("0", Update())),
        ("POST", ("rd", "b8689a5d06ae459cb35095cf36e59d6c"), Updating("b8689a5d06ae459cb35095cf36e59d6c", Update())),
    ],
)
def test_other_requests(method, path, request_):
    assert read_request(Call(method, path)) == request_


@pytest.mark.parametrize(
    ("method", "path", "code"),
    [("POST", (), "4.04"), ("POST", ("bs",), "4.04"), ("GET", ("rd",), "4.05"), ("DELETE", ("rd",), "4.05"),
     ("PUT", ("rd",), "4.05"), ("FETCH", ("rd", "0"), "4.05")],
)  # fmt: skip
def test_requests_of_another_interface(method, path, code):
    with pytest.raises(Refused) as refused:
        read_request(Call(method, path))
    assert refused.value.code == code
