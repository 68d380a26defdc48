"""The outcome as JUnit XML, which CI servers read: a test case for every labelled prompt and every gate.

A wrong decision is a failure only where the accuracy gate does not hold; where it does, it is reported as skipped, so
that the CI server and the exit code say the same.
"""

import re
from typing import Final
from xml.etree import ElementTree as ET

from gateway.evaluation.gates import Passage
from gateway.evaluation.result import Result, shortened
from gateway.evaluation.run import Outcome

_NO_XML: Final = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 cannot hold, not even escaped."""


def junit(result: Result) -> bytes:
    """Return the file."""
    tolerated = all(passage.holds for passage in result.passages if passage.gate.kind == "min-accuracy")
    root = ET.Element("testsuites", name="pointsman test")
    cases = _suite(root, "cases", [_case(result, outcome, tolerated=tolerated) for outcome in result.outcomes])
    cases.set("time", f"{sum(outcome.elapsed_us for outcome in result.outcomes) / 1e6:.6f}")
    _suite(root, "gates", [_gate(passage) for passage in result.passages])
    ET.indent(root)
    data: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return data


def _suite(root: ET.Element, name: str, cases: list[ET.Element]) -> ET.Element:
    suite = ET.SubElement(root, "testsuite", name=name, tests=str(len(cases)))
    for counted, kind in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(counted, str(sum(case.find(kind) is not None for case in cases)))
    suite.extend(cases)
    return suite


def _case(result: Result, outcome: Outcome, *, tolerated: bool) -> ET.Element:
    name = f"line {outcome.case.line}: {shortened(outcome.case.text)}"
    element = ET.Element(
        "testcase", classname=xml_text(result.labels), name=xml_text(name), time=f"{outcome.elapsed_us / 1e6:.6f}"
    )
    if not outcome.recorded:
        ET.SubElement(element, "error", message="what the LLM would decide is not in the recording")
    elif not outcome.right:
        expected = " or ".join(name or "none" for name in outcome.case.expected)
        message = xml_text(f"expected {expected}, decided {outcome.route or 'none'}")
        ET.SubElement(element, "skipped" if tolerated else "failure", message=message)
    return element


def _gate(passage: Passage) -> ET.Element:
    element = ET.Element("testcase", classname="gates", name=xml_text(passage.gate.name))
    if not passage.holds:
        rate = "there is nothing to count" if passage.rate is None else f"it is {passage.rate:.4f}"
        ET.SubElement(element, "failure", message=rate)
    return element


def xml_text(text: str) -> str:
    """Return a text without what XML cannot hold."""
    return _NO_XML.sub("\ufffd", text)
