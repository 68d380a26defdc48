"""Classifiers that decide by a word in the prompt, so that tests need no weights."""

from filters.routing.classifier import Verdict


class WordClassifier:
    """Matches the first route whose name is in the prompt."""

    def __init__(self):
        self.asked = 0

    def bind(self, routes):
        return _Bound(self, tuple(routes))


class _Bound:
    def __init__(self, owner, routes):
        self.owner, self.routes = owner, routes

    async def classify(self, prompt):
        self.owner.asked += 1
        hits = [route.name in prompt.text for route in self.routes]
        route = self.routes[hits.index(True)] if any(hits) else None
        return Verdict(
            route,
            "embedded" if route else "none",
            [float(hit) for hit in hits],
            [0.5] * len(hits),
            elapsed_us={"embedded": 1},
        )
