"""Lists of links as hypothesis makes them."""

from hypothesis import strategies as st

from protocols.link_format import Link

targets = st.text("abcXYZ019/._-é", max_size=12)
names = st.text("abcrtXYZ019-", min_size=1, max_size=6)
values = st.none() | st.text('abc019/.: "\\,;=<>é', max_size=12)
links = st.lists(st.builds(Link, targets, st.lists(st.tuples(names, values), max_size=3).map(tuple)), max_size=5)
