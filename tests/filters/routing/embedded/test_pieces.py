import pytest

from filters.routing.embedded.pieces import MAX_PIECES, UNKNOWN, Pieces, normalized

VOCABULARY = [
    "<unk>",
    "<s>",
    "</s>",
    "x1",
    "x2",
    "x3",
    "\u2581",
    "\u2581new",
    "\u2581ne",
    "w",
    "er",
    "\u2581code",
    "中文",
]
SCORES = [0, 0, 0, 0, 0, 0, -8.0, -3.0, -2.0, -6.0, -4.0, -3.0, -5.0]


@pytest.fixture
def pieces():
    return Pieces(VOCABULARY, SCORES)


def named(ids):
    return [VOCABULARY[number] for number in ids]


def test_a_text_is_split_where_the_sum_of_the_scores_is_highest(pieces):
    assert named(pieces("New newer CODE")) == [
        "<s>",
        "\u2581new",
        "\u2581new",
        "er",
        "\u2581code",
        "</s>",
    ]


def test_a_character_without_a_piece_is_unknown_by_itself(pieces):
    assert pieces("中文q") == [1, 6, 12, UNKNOWN, 2]


@pytest.mark.parametrize("text", ["", "  \n", "\u200b\u200d", "\x00"])
def test_a_text_that_cannot_be_seen_is_one_unknown_piece(pieces, text):
    assert pieces(text) == [1, UNKNOWN, 2]


def test_of_a_long_text_the_head_and_the_tail_are_read(pieces):
    ids = pieces("new " * 400 + "code")
    assert len(ids) == MAX_PIECES + 2
    assert named(ids[-2:]) == ["\u2581code", "</s>"]


def test_a_word_met_again_gets_what_it_got(pieces):
    assert pieces("newer") == pieces("newer")


def test_very_long_words_are_split_and_not_kept(pieces):
    word = "er" * 200
    assert pieces(word) == pieces(word)
    assert len(pieces._words) == 0


def test_what_is_remembered_is_bounded(pieces):
    for number in range(17_000):
        pieces(f"w{number}")
    assert len(pieces._words) <= 16_384


def test_normalisation_is_lower_case_and_compatible_forms_without_what_cannot_be_seen():
    assert normalized("\uff23\uff2f\uff24\uff25\u200b \ufb01ne") == "code fine"
    assert normalized("Plain TEXT") == "plain text"


@pytest.mark.parametrize(
    ("text", "share"), [("new code", 1.0), ("中文", 1.0), ("q", 0.0), ("new q", 0.5), ("", 0.0), ("\u200b", 0.0)]
)
def test_the_known_share_counts_pieces_with_letters(pieces, text, share):
    assert pieces.known_share(text) == share
