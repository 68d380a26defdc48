import asyncio

from filters.routing.classifier import Verdict
from gateway.evaluation.recording import ask_all
from gateway.evaluation.run import noised_chats
from tests.support.outcomes import ROUTES, case


class Slow:
    """A classifier that notes how many ask at once."""

    routes = ROUTES

    def __init__(self):
        self.now = self.most = 0
        self.asked = []

    async def classify(self, prompt):
        self.now += 1
        self.most = max(self.most, self.now)
        self.asked.append(prompt.text)
        await asyncio.sleep(0)
        self.now -= 1
        return Verdict(None, "llm")


async def test_every_case_and_variant_is_asked_about_some_at_a_time():
    cases = [case("code", text="write a loop"), case(None, text="hello there")]
    slow = Slow()
    verdicts = await ask_all(slow, cases, "0", 3)
    assert len(verdicts) == len(slow.asked) == sum(1 + len(noised_chats(each, "0")) for each in cases)
    assert {"write a loop", "hello there", "WRITE A LOOP"} <= set(slow.asked)
    assert slow.most == 3


async def test_without_noise_only_the_cases_are():
    slow = Slow()
    await ask_all(slow, [case("code", text="write a loop")], None, 3)
    assert slow.asked == ["write a loop"]
