"""Promises of masking: no known secret comes through in any form, masking again changes nothing, plain words stay."""

from __future__ import annotations

import base64
import json
import string
from typing import Any
from urllib.parse import quote, quote_plus

from hypothesis import assume, given
from hypothesis import strategies as st

from golive.core.masking import MASK, SHORTEST, Mask
from golive.core.model import Detail, Finding, Measure, Outcome

PLAIN = string.ascii_letters + string.digits + " .,/-_+&%$!"
secrets = st.text(string.ascii_letters + string.digits + "-_.~+/=&%$!@: äß€", min_size=8, max_size=40).filter(
    lambda text: text == text.strip() and text not in MASK
)
around = st.text(PLAIN, max_size=60)
FORMS = (
    str,
    repr,
    json.dumps,
    quote_plus,
    lambda text: quote(text, safe=""),
    lambda text: base64.b64encode(text.encode()).decode(),
    lambda text: base64.urlsafe_b64encode(text.encode()).decode(),
    lambda text: base64.b64encode(f"user:{text}".encode()).decode(),
    lambda text: base64.b64encode(f"a{text}bc".encode()).decode(),
)


@given(secret=secrets, before=around, after=around, form=st.sampled_from(FORMS))
def test_a_known_secret_comes_through_in_no_form(secret: str, before: str, after: str, form: Any) -> None:
    masked = Mask([secret]).text(f"{before}{form(secret)}{after}")
    assert secret not in masked
    assert MASK in masked
    encoded = base64.b64encode(secret.encode()).decode().rstrip("=")
    assert encoded not in masked


@given(known=st.lists(secrets, min_size=1, max_size=4), pick=st.data(), text=around)
def test_of_several_none_leaves_the_rest_of_another_behind(known: list[str], pick: st.DataObject, text: str) -> None:
    longer = [*known, known[0] + "-and-more"]
    secret = pick.draw(st.sampled_from(longer))
    masked = Mask(longer).text(f"{text}|{secret}|")
    assert secret not in masked
    assert "-and-more" not in masked or "-and-more" in text


@given(known=st.lists(secrets, max_size=3), text=st.text(max_size=200))
def test_masking_again_changes_nothing(known: list[str], text: str) -> None:
    mask = Mask(known)
    assume(not any(form in MASK for form in known))
    once = mask.text(text)
    assert mask.text(once) == once


@given(st.text(string.ascii_lowercase + " .,", max_size=300))
def test_plain_words_stay(text: str) -> None:
    assert Mask([]).text(text) == text


@given(st.text(max_size=SHORTEST - 1), around)
def test_what_is_too_short_to_be_a_secret_masks_nothing(short: str, text: str) -> None:
    plain = Mask([])
    encoded = base64.b64encode(short.encode()).decode()
    assume(len(quote(short, safe="")) < SHORTEST and len(encoded.rstrip("=")) < SHORTEST)
    assert Mask([short]).text(text) == plain.text(text)


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abcxyz", max_size=5), inner, max_size=4),
    max_leaves=20,
)


@given(secret=secrets, value=values, at=st.integers(0, 4))
def test_no_nesting_hides_a_secret(secret: str, value: Any, at: int) -> None:
    hidden: Any = [
        secret,
        {"k": (secret, {secret: 1})},
        secret.encode(),
        {"deep": [[{"x": [secret]}]]},
        {secret: value},
    ][at]
    masked = Mask([secret]).value([value, hidden])
    assert secret not in json.dumps(masked, ensure_ascii=False)


@given(secret=secrets, texts=st.lists(around, min_size=8, max_size=8))
def test_no_field_of_a_finding_keeps_a_secret(secret: str, texts: list[str]) -> None:
    one, two, three, four, five, six, seven, eight = (f"{text}{secret}" for text in texts)
    measures = (Measure(five, 1), Measure("x", six))
    masked = Mask([secret]).finding(
        Finding("c", Outcome.FAILED, one, two, three, four, measures=measures, details=(Detail(seven, eight, 3),))
    )
    for text in (masked.summary, masked.measured, masked.expected, masked.source, masked.measures[0].name,
                 masked.measures[1].value, masked.details[0].text, masked.details[0].path):  # fmt: skip
        assert secret not in str(text)
    assert (masked.check, masked.outcome, masked.details[0].line) == ("c", Outcome.FAILED, 3)
