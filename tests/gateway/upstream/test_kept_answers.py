from gateway.upstream.kept_answers import KeptAnswers


def test_an_answer_is_known_to_the_caller_that_was_given_it():
    kept = KeptAnswers()
    kept.remember("alice", "resp_1", "openai/gpt")
    assert kept.model_of("alice", "resp_1") == "openai/gpt"
    assert kept.model_of("bob", "resp_1") is None
    assert kept.model_of(None, "resp_1") is None
    assert kept.model_of("alice", "resp_2") is None


def test_the_oldest_is_forgotten_first():
    kept = KeptAnswers(most=2)
    for number in (1, 2, 1, 3):
        kept.remember(None, f"resp_{number}", "openai/gpt")
    assert [kept.model_of(None, f"resp_{number}") is not None for number in (1, 2, 3)] == [True, False, True]
