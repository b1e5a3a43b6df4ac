"""Settings that fit together."""

from __future__ import annotations

import pytest

from aisle.errors import AisleError
from aisle.serving.settings import ServingSettings, make_settings


def test_every_setting_says_what_it_is_for() -> None:
    assert all(field.description for field in ServingSettings.model_fields.values())


def test_texts_are_read_as_numbers() -> None:
    assert make_settings(max_pixels="2000", allow_urls="true").max_pixels == 2000


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"max_batch": 0}, "max_batch: .*found 0"),
        ({"port": 70_000}, "port"),
        ({"name": "a/b"}, "name"),
        ({"colour": 1}, "colour"),
        ({"max_products": 600}, "could never be accepted"),
        ({"explain_products": 21}, "explain_queue"),
        ({"max_bodies_bytes": 2_000}, "max_bodies_bytes"),
        ({"max_delay_ms": "soon"}, "max_delay_ms"),
    ],
)
def test_settings_that_do_not_fit_are_refused(given: dict[str, object], words: str) -> None:
    with pytest.raises(AisleError, match=words):
        make_settings(**given)
