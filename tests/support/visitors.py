"""Visitors of the places where a body has names, ids and schemas of tools."""


class Visitor:
    """Marks what it sees with what it is."""

    def name(self, name):
        return f"{name}!"

    def declared(self, holder, field):
        return {**holder, field: {**holder[field], "seen": True}} if field in holder else holder

    def output(self, holder):
        return {**holder, "seen": True}

    def call(self, ident):
        return f"call {ident}"

    def result(self, ident):
        return f"result {ident}"


class Blind(Visitor):
    """Sees all and changes nothing."""

    name = output = call = result = staticmethod(lambda value: value)
    declared = staticmethod(lambda holder, field: holder)
