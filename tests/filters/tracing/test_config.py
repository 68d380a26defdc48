import pytest
from pydantic import ValidationError

from filters.tracing.config import TracingConfig


def test_every_trace_is_sampled_unless_told_otherwise():
    assert TracingConfig().random_sampling == 100


@pytest.mark.parametrize("share", [-1, 101, "10"])
def test_the_share_is_a_percentage(share):
    with pytest.raises(ValidationError):
        TracingConfig.model_validate({"random_sampling": share})
