from filters.context import ChatRequest
from filters.routing.prompt import prompt_of


def chat(*messages):
    body = {"messages": [{"role": role, "content": content} for role, content in messages]}
    return ChatRequest("openai_chat", body, b"", decision_only=True)


def test_the_last_user_turn_decides_and_the_one_before_it_gives_context():
    prompt = prompt_of(chat(("user", "first"), ("user", "second"), ("assistant", "yes"), ("user", "third")))
    assert (prompt.text, prompt.previous) == ("third", "second")


def test_a_turn_in_which_the_user_said_nothing_does_not_decide():
    prompt = prompt_of(chat(("user", "write code"), ("user", "<system-reminder>explain</system-reminder>")))
    assert (prompt.text, prompt.previous) == ("write code", "")


def test_the_system_prompt_and_the_assistant_do_not_decide():
    prompt = prompt_of(chat(("system", "you write code"), ("user", "hi"), ("assistant", "def f(): ...")))
    assert (prompt.text, prompt.previous) == ("hi", "")


def test_the_history_is_oldest_first():
    prompt = prompt_of(chat(("user", "a"), ("assistant", "b"), ("user", "c")))
    assert [(turn.role, turn.text) for turn in prompt.history()] == [("user", "a"), ("assistant", "b"), ("user", "c")]


def test_an_empty_conversation_is_an_empty_prompt():
    assert prompt_of(chat()).text == ""
