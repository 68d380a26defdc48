import dataclasses

import pytest
from pydantic import ValidationError

from filters.formats.canonical.request import ModelOptions
from gateway.providers.options import OptionsSection

OF_CATALOGUE = {"context_window", "input_modalities"}


def test_every_option_of_the_encoders_can_be_set_and_no_other():
    fields = {field.name for field in dataclasses.fields(ModelOptions)}
    assert set(OptionsSection.model_fields) == fields | OF_CATALOGUE


def test_what_is_not_set_is_not_chosen():
    assert OptionsSection().chosen() == {}
    assert OptionsSection(sampling=False, stop_limit=0).chosen() == {"sampling": False, "stop_limit": 0}


def test_fields_that_are_refused_are_a_set():
    assert OptionsSection(refused=("seed", "seed")).chosen() == {"refused": frozenset({"seed"})}


@pytest.mark.parametrize(
    "said",
    [{"effort_with_tools": "some"}, {"input_modalities": ["smell"]}, {"context_window": 0}, {"sampling": "no"}],
)
def test_what_means_nothing_is_refused(said):
    with pytest.raises(ValidationError):
        OptionsSection.model_validate(said)
