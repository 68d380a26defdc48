"""The page's modules without a browser: in QuickJS, with as much of a document as they touch.

What they do is drawn into elements of our own and read as text; what they ask is answered by the test.
"""

import json
import re

import pytest

from gateway.admin.ui.files import INDEX
from tests.support.house import ROOT

quickjs = pytest.importorskip("quickjs", reason="quickjs-ng is not installed")
STATIC = ROOT / "gateway/admin/ui/static"
_IMPORT = re.compile(r'^import (?:\* as (\w+)|\{([^}]*)\}) from "/ui/([\w.]+)";$', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:function|const|class) (\w+))", re.MULTILINE)
DOCUMENT = (ROOT / "tests/support/document.js").read_text()


class Page:
    """The modules of the page. `answers` are those of the API by path, up to the query; others are never answered."""

    def __init__(self, answers):
        self._context = quickjs.Context()
        self._context.add_callable("respond", lambda path: json.dumps(answers.get(path.partition("?")[0])))
        self._context.eval(DOCUMENT)
        for name in ordered():
            self._context.eval(bundled(name))

    def run(self, expression):
        """Return what an expression gives, and do what it has begun."""
        found = json.loads(self._context.eval(f"JSON.stringify({expression} ?? null)") or "null")
        self._settle()
        return found

    def do(self, statements):
        """Run statements and what they have begun."""
        self._context.eval(f"{{ {statements} }} 0")
        self._settle()

    def show(self, view):
        """Show a view and return its text."""
        self.do(
            f"globalThis.main = new Element('main'); globalThis.failed = null; modules['{view}.js'].show(main, signal)"
            ".catch((error) => { failed = String(error.stack ?? error) + error.message; });"
        )
        assert self.run("failed") is None
        return self.text()

    def text(self):
        """Return what is shown, a space between words."""
        return " ".join(self.run("main.textContent").split())

    @property
    def asked(self):
        """What the API was asked."""
        return self.run("asked")

    def _settle(self):
        while self._context.execute_pending_job():
            pass


def bundled(name):
    """Return a module as a script that leaves what it exports in `modules`."""
    source = (STATIC / name).read_text()
    exported = _EXPORT.findall(source)
    source = _IMPORT.sub(_named, source)
    return f"modules['{name}'] = (() => {{ {_EXPORT.sub('', source)}\n return {{ {', '.join(exported)} }}; }})();"


def _named(match):
    whole, names, file = match.groups()
    what = whole or "{" + names.replace(" as ", ": ") + "}"
    return f"const {what} = modules['{file}'];"


def ordered():
    """Return the modules, each after those that it imports; without the frame, which runs as it is loaded."""
    done = []

    def visit(name):
        for *_, file in _IMPORT.findall((STATIC / name).read_text()):
            visit(file)
        if name not in done and name not in {"app.js", INDEX}:
            done.append(name)

    visit("app.js")
    return done
