import pytest

from filters.routing.embedded.request import Names, request_of

ASK = "what does a carburettor do"


@pytest.mark.parametrize(
    "text",
    [
        f"<context>\nrepo: billing, language: go\n</context>\n{ASK}",
        f'<app_state theme="dark" version="4.2"/>\n{ASK}',
        f"<system>Be brief.</system>\n\n<environment_details>os: linux</environment_details>\n{ASK}",
        f"You are a careful assistant.\nNever promise dates.\n\nUser: {ASK}",
        f"### System\nUse tables.\n### User\n{ASK}",
        f"You write code.\n\n### Instruction:\n{ASK}\n\n### Response:",
        f"Today is Monday.\nCustomer: {ASK}\nAssistant:",
        f"System: be polite.\nHuman: an older question\nHuman: {ASK}",
    ],
)
def test_what_an_application_puts_around_a_request_is_taken_away(text):
    assert request_of(text).strip() == ASK


@pytest.mark.parametrize(
    "text",
    [
        f"Please {ASK}",
        f"Hi, could you help me? {ASK}",
        f"Hello! {ASK}",
        f"I would like to know: {ASK}",
        f"Quick question: {ASK}",
        f"hey there, sorry to bother you, but {ASK}",
        f"Good morning. Please {ASK}. Thanks a lot!",
        f"{ASK} please",
        f"{ASK}, thank you",
    ],
)
def test_courtesies_are_taken_away(text):
    assert request_of(text).strip() == ASK


@pytest.mark.parametrize("text", ["hi", "hello there", "thanks", "thank you so much", "please", "hi Anna", "ok thanks"])
def test_a_courtesy_that_is_all_there_is_stays(text):
    assert request_of(text) == text


@pytest.mark.parametrize(
    "text",
    [
        ASK,
        "",
        "   ",
        "<div class='a'>\n<p>why is this not centred?</p></div>",
        "fix this: <context>lost</context>",
        "<user_query>\nwhat is a fugue\n</user_query>",
        "<context>only this</context>",
        "User: what does this mean",
        "Translate these lines:\nThe user: nobody\nThe end",
        "Summarise this chat:\nCustomer: it is late\nAgent: sorry\nCustomer: when does it come?",
        "title,year\nA,1999\nB,2001\nwhich is older?",
        "translate good morning into Welsh",
        "highlight the thanks in this mail",
        "how do you say thanks",
        "Summarise the mail.\n\nDear all,\nthe office moves in May.",
    ],
)
def test_what_may_be_the_users_own_words_stays(text):
    assert request_of(text) == text


def test_a_block_or_a_label_that_leaves_nothing_is_left_as_it_is():
    assert request_of("rules first\nUser:") == "rules first\nUser:"


def test_a_name_that_nobody_says_in_passing_is_taken_out():
    names = Names(["code_generation", "code", "Tech Agent"])
    assert names.without("This is a code_generation request. hi").split() == ["This", "is", "a", "request.", "hi"]
    assert names.without("[CODE_GENERATION] hello").split() == ["hello"]
    assert names.without("code for the tech agent") == "code for the tech agent"
    assert names.without("my_code_generation_job fails") == "my_code_generation_job fails"


def test_routes_without_such_names_change_nothing():
    assert Names(["math"]).without("snake_case math") == "snake_case math"
    assert Names([]).without("snake_case") == "snake_case"


@pytest.mark.timeout(5)
@pytest.mark.parametrize(
    "text", ["<" * 5000, "<a_b " * 2000, "\nuser" * 3000, "\n" * 50_000, "<a_b>" * 3000, "# " * 9000]
)
def test_no_text_takes_long(text):
    request_of(text)
