import re

import pytest

from protocols.hj212.commands import COMMANDS, command, is_encrypted
from protocols.hj212.names import NAMES, SUFFIXES

EDITION_2017 = """
    1000 1011 1012 1013 1061 1062 1063 1064 1072 2011 2012 2021 2022 2031 2041 2051 2061 2081
    3011 3012 3013 3014 3015 3016 3017 3018 3019 3020 3021 9011 9012 9013 9014
"""
EDITION_2025 = ("1001", "1002", "1014", "2013", "2052", "2062", "2111", "9015")
EDITION_2005 = ("1001", "1021", "1022", "1031", "1032", "1041", "1042", "2071", "2072", "3014")


def test_every_command_of_the_three_editions_is_listed():
    assert {*EDITION_2017.split(), *EDITION_2025, *EDITION_2005} <= set(COMMANDS)


@pytest.mark.parametrize("cn", EDITION_2005)
def test_numbers_that_the_edition_of_2005_used_otherwise(cn):
    old = command(cn, 0)
    assert old.meaning != "unlisted"
    assert (command("1001", 0).meaning, command("1001", 2).meaning) == ("set warn time", "upload hardware serial")
    assert (command("3014", 0).meaning, command("3014", 1).meaning) == ("set sampling cycle", "comparison sampling")


def test_an_unlisted_number_is_a_vendors_upload():
    assert command("2000").answered_by == "9014"
    assert command("2000").meaning == "unlisted"


@pytest.mark.parametrize("version", [0, 1, 2])
@pytest.mark.parametrize("cn", COMMANDS)
def test_every_name_of_a_content_has_a_meaning_and_a_form(cn, version):
    row = command(cn, version)
    for name in (row.request + " " + row.upload).split():
        bare = name.strip("[]")
        assert re.fullmatch(r"\[?(\*-)?[A-Za-z]+\]?", name)
        assert bare.removeprefix("*-") in SUFFIXES if bare.startswith("*") else bare in NAMES


def test_which_contents_the_edition_of_2025_wants_encrypted():
    assert [cn for cn in COMMANDS if is_encrypted(cn)] == sorted(
        [cn for cn in COMMANDS if cn.startswith("2")] + ["1014", "3020"], key=list(COMMANDS).index
    )
    assert is_encrypted("2999")
    assert not is_encrypted("3000")
