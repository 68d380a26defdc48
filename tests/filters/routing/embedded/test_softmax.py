import numpy as np
import pytest

from filters.routing.embedded.softmax import Samples, fit


def clusters(per_class=30, classes=3, width=8, spread=0.3, seed=0):
    rng = np.random.default_rng(seed)
    centres = np.eye(classes, width)
    labels = np.repeat(np.arange(classes), per_class)
    features = centres[labels] + spread * rng.normal(size=(len(labels), width))
    return features.astype(np.float32), labels


def samples(features, labels, given=None, weights=None, trained=None):
    m, n = len(labels), labels.max() + 1
    return Samples(
        features,
        np.zeros((m, n), np.float32) if given is None else given.astype(np.float32),
        labels,
        np.ones(m, np.float32) if weights is None else weights.astype(np.float32),
        np.ones(n, bool) if trained is None else trained,
    )


def loss(it, learned, penalty):
    logits = it.given + it.features @ learned
    logits -= logits.max(axis=1, keepdims=True)
    chances = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    surprise = -np.log(chances[np.arange(len(it.labels)), it.labels])
    return float(it.weights @ surprise + penalty / 2 * np.square(learned).sum())


def accuracy(it, learned):
    return float(np.mean((it.given + it.features @ learned).argmax(axis=1) == it.labels))


def test_what_can_be_separated_is():
    it = samples(*clusters())
    learned = fit(it, penalty=0.1)
    assert learned.shape == (8, 3)
    assert accuracy(it, learned) > 0.95


def test_the_result_is_a_minimum_of_the_penalised_loss():
    it = samples(*clusters(spread=1.0))
    learned = fit(it, penalty=1.0)
    least = loss(it, learned, 1.0)
    rng = np.random.default_rng(1)
    for _ in range(50):
        moved = learned + 0.05 * rng.normal(size=learned.shape).astype(np.float32)
        assert loss(it, moved, 1.0) > least


def test_the_same_samples_give_the_same_weights():
    it = samples(*clusters(spread=1.0))
    np.testing.assert_array_equal(fit(it, penalty=1.0), fit(it, penalty=1.0))


def test_of_more_features_than_are_followed_the_ones_that_tell_are_found():
    features, labels = clusters(per_class=40, width=900, spread=0.05)
    it = samples(features, labels)
    learned = fit(it, penalty=0.1)
    assert learned.shape == (900, 3)
    assert accuracy(it, learned) == 1.0


def test_a_stronger_penalty_learns_less():
    it = samples(*clusters())
    sizes = [np.linalg.norm(fit(it, penalty)) for penalty in (0.1, 1.0, 10.0)]
    assert sizes == sorted(sizes, reverse=True)


def test_nothing_is_added_where_the_given_logits_are_right_and_sure():
    features, labels = clusters()
    it = samples(features, labels, given=20.0 * np.eye(3)[labels])
    assert np.abs(fit(it, penalty=0.1)).max() < 1e-3


def test_given_logits_that_are_sure_and_wrong_are_overcome():
    features, labels = clusters()
    it = samples(features, labels, given=15.0 * np.eye(3)[(labels + 1) % 3])
    assert accuracy(it, fit(it, penalty=0.01)) > 0.9


def test_classes_that_are_not_trained_keep_their_logits():
    features, labels = clusters()
    learned = fit(samples(features, labels, trained=np.array([True, False, True])), penalty=0.1)
    assert np.all(learned[:, 1] == 0)
    assert np.any(learned[:, 0] != 0)


def test_a_sample_without_weight_teaches_nothing():
    features, labels = clusters()
    wrong = np.append(labels, [2] * 200)
    doubled = np.vstack([features, np.tile(features[:1], (200, 1))])
    weights = np.append(np.ones(len(labels)), np.zeros(200))
    with_ballast = fit(samples(doubled, wrong, weights=weights), penalty=0.1)
    without = fit(samples(features, labels), penalty=0.1)
    np.testing.assert_allclose(with_ballast, without, atol=1e-3)


def test_more_features_than_directions_and_samples_still_separate():
    it = samples(*clusters(per_class=4, width=513))
    assert accuracy(it, fit(it, penalty=0.1)) == pytest.approx(1.0)


def test_samples_that_are_all_alike_do_no_harm():
    learned = fit(samples(np.ones((6, 4), np.float32), np.array([0, 1, 2, 0, 1, 2])), penalty=0.1)
    assert np.all(np.isfinite(learned))
    assert np.abs(learned).max() < 1e-3
