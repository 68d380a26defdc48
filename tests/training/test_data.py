import json

import pytest

from training import data

SET = {
    "domain": "desk",
    "routes": [{"name": "a", "description": "letters"}, {"name": "b", "description": ""}],
    "prompts": [
        {"text": "one", "route": "b"},
        {"text": "two", "route": None},
        {"text": "go on", "previous": "one", "route": "a"},
    ],
}


def write(folder, *sets):
    (folder / "x.jsonl").write_text("\n".join(map(json.dumps, sets)))
    return folder


def test_a_line_is_a_route_set_with_labelled_prompts(tmp_path):
    (one,) = data.read(write(tmp_path, SET))
    assert (one.file, one.domain, one.routes) == ("x", "desk", (("a", "letters"), ("b", "")))
    assert [(prompt.text, prompt.previous, prompt.route) for prompt in one.prompts] == [
        ("one", "", 1),
        ("two", "", -1),
        ("go on", "one", 0),
    ]


def test_a_label_that_is_no_route_is_refused(tmp_path):
    wrong = {**SET, "prompts": [{"text": "one", "route": "c"}]}
    with pytest.raises(ValueError, match=r"x, desk: no route is called \{'c'\}"):
        data.read(write(tmp_path, wrong))


def test_whole_sets_are_held_out_a_share_of_each_file_and_the_same_ones_each_time(tmp_path):
    sets = data.read(write(tmp_path, *({**SET, "domain": str(number)} for number in range(20))))
    kept, held = data.split(sets, 0.25, seed=3)
    assert (len(kept), len(held)) == (15, 5)
    assert {one.domain for one in kept} | {one.domain for one in held} == {one.domain for one in sets}
    assert data.split(sets, 0.25, seed=3) == (kept, held)
    assert data.split(sets, 0.25, seed=4) != (kept, held)


@pytest.mark.parametrize("folder", [data.DATA, data.DEVELOPMENT], ids=lambda folder: folder.name)
def test_the_sets_of_the_repository_are_whole(folder):
    for one in data.read(folder):
        names = [name for name, _ in one.routes]
        assert len(set(names)) == len(names), one.domain
        assert all(prompt.text for prompt in one.prompts), one.domain


def test_no_development_prompt_is_trained_on():
    trained = {" ".join(prompt.text.lower().split()) for one in data.read(data.DATA) for prompt in one.prompts}
    developed = {
        " ".join(prompt.text.lower().split())
        for one in data.read(data.DEVELOPMENT)
        for prompt in one.prompts
        if len(prompt.text.split()) > 4
    }
    assert trained & developed == set()
